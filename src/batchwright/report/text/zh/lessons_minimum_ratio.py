"""``minimum-ratio`` 一课的文字。"""

STRINGS = {
    "lesson.minimum_ratio.source": "第五篇文章：minimum ratio",
    "lesson.minimum_ratio.claim": (
        "训练停下的点上，正特征值所占比例至多约 60%，因此仍有约 40% 的方向可以让损失下降。"
    ),
    "lesson.minimum_ratio.experiment": (
        "在手写数字上（前四个主成分、四个隐藏单元、100 个样本，共 70 个参数）从许多初始点出发用梯度下降训练小网络：不加处理、加 L2、30% 的标签随机、二者兼有；"
        "在停下处求出 Hessian 的全部特征值。另一些网络（55 个参数，加 L2）通过最小化梯度的平方被推到损失高低不同的临界点。特征值算正、负还是平坦取决于容差"
        "（相对于最大特征值），容差从 10⁻⁶ 扫到 10⁻²。"
    ),
    "lesson.minimum_ratio.otherwise": (
        "容差越大、数据用不着的参数越多、拟合得越彻底，正特征值的比例就越低：此时 Hessian 大部分是平坦的。L2 会把每个平坦方向抬高到惩罚系数，"
        "标签噪声则使损失及其曲率保持较高。过早停下的网络还在坡上，那里负特征值很多，但与极小值无关。"
    ),
    "lesson.minimum_ratio.take": (
        "给出正特征值比例时应同时给出容差，并把正、负、平坦三类分开。不为正的方向大多是平坦的，并不是下坡路；"
        "沿特征向量走一步有没有用，要看负特征值的比例，而它随损失下降而减小。"
    ),
    "lesson.minimum_ratio.part.at_most_60": "训练停下处，无论有无惩罚、标签如何，正特征值至多占 60%。",
    "lesson.minimum_ratio.part.forty_down": "在那里至少 40% 的特征值为负。",
    "lesson.minimum_ratio.part.one_number": "这一比例是点本身的性质：随容差的变化不到 5 个百分点。",
    "lesson.minimum_ratio.part.higher_is_steeper": "损失越高的临界点，负特征值的比例越大。",
    "lesson.minimum_ratio.part.flat_is_down": "平坦方向也通向低处：沿其中多数方向向两侧走，在距离 1 以内平均损失下降至少 1%。",
    "lesson.minimum_ratio.tolerances": (
        "成立的容差：不加处理 {plain:list}；加 L2 {penalty:list}；标签噪声 {noise:list}；二者兼有 {both:list}"
    ),
    "lesson.minimum_ratio.converged": "{tried:count} 次临界点搜索中有 {found:count} 次收敛；其余不计入。",
    "lesson.minimum_ratio.number.minimum_ratio": "正特征值的比例",
    "lesson.minimum_ratio.number.negative_share": "负特征值的比例",
    "lesson.minimum_ratio.number.gradient_norm": "训练停下处的梯度范数",
    "lesson.minimum_ratio.number.moves_with_tolerance": "容差 10⁻⁶ 与 10⁻² 下正特征值比例之差",
    "lesson.minimum_ratio.number.negative_over_loss": "负特征值比例随损失变化的斜率",
    "lesson.minimum_ratio.number.leads_down": "损失能下降 1% 的方向所占比例",
    "lesson.setting.trained_with": "条件",
    "lesson.setting.direction": "方向",
    "lesson.choice.unpenalised": "不加处理",
    "lesson.choice.L2": "L2",
    "lesson.choice.label_noise": "标签噪声",
    "lesson.choice.L2_label_noise": "L2 与标签噪声",
    "lesson.choice.flat_direction": "平坦",
    "lesson.choice.negative_direction": "负",
    "lesson.minimum_ratio.dots.positive": "正",
    "lesson.minimum_ratio.dots.negative": "负",
    "lesson.minimum_ratio.claimed": "60%",
    "lesson.minimum_ratio.axis.tolerance": "容差（相对于最大特征值）",
    "lesson.minimum_ratio.axis.share": "特征值的比例",
    "lesson.minimum_ratio.by_tolerance.title": "训练停下之处",
    "lesson.minimum_ratio.by_tolerance.takeaway": "正特征值的比例（带点的线）随容差下降；负特征值的比例（虚线）始终接近零。",
    "lesson.minimum_ratio.by_loss.title": "临界点与损失",
    "lesson.minimum_ratio.by_loss.takeaway": "损失越低，通向低处的方向越少（容差 10⁻⁵）。",
}

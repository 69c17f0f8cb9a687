"""``paths`` 一课的文字。"""

STRINGS = {
    "lesson.paths.source": "关于梯度下降、SGD 与误差曲面的文章",
    "lesson.paths.claim": (
        "梯度下降走直线，SGD 走之字形并在极小点附近振荡，小批量绕路较少；在椭圆形碗面上做在线学习时，每一步各走各的；多层网络在局部仍是抛物面。"
    ),
    "lesson.paths.experiment": (
        "用 scikit-learn 糖尿病数据的 442 名患者做含两个权重的线性回归，碗面分圆形和条件数为 25 的狭长形两种，各取二十个起点。"
        "超额损失首次降到起点的 1% 时路径终止；绕路程度为路径长度与直线距离之比，每种方法用更新次数最少的学习率。"
        "B 取 1、8 或全部，有放回抽样。最后一部分在训练前和 400 次更新后，把 300 个手写数字上的全连接网络展开到二阶，并计算完整的 Hessian 矩阵。"
    ),
    "lesson.paths.otherwise": (
        "只有在圆形碗面上或沿坐标主轴时，梯度才直指极小点。在狭长碗面上，梯度下降在小学习率下走曲线，在最佳学习率下在两壁之间来回跳：没有噪声也会走之字形。"
        "不规定终止条件，绕路程度就毫无意义：在极小点附近，带噪声的路径会无限增长。若目标值没有噪声，每个样本的极小点相同，SGD 会停下来。"
        "由光滑单元组成的网络处处局部近似二次；ReLU 网络有折点，训练使其余部分变陡之前，折点造成的弯曲与 Hessian 给出的一样大。只有曲率都不为负时，二次曲面才是碗。"
    ),
    "lesson.paths.take": (
        "路径弯曲有两个原因：曲率和噪声，各有各的对策：前者用动量或缩放，后者用更大的批、更小的学习率或权重平均。"
        "只要学习率较小，路径最后摆动多大只取决于学习率与 B 之比：学习率减半与批大小加倍效果相同。"
    ),
    "lesson.paths.part.gd_straight": "梯度下降走直线：路程与直线距离相差不到 5%。",
    "lesson.paths.part.sgd_zigzags": "SGD（B = 1）比梯度下降绕路更多。",
    "lesson.paths.part.minibatch_less": "小批量（B = 8）比 SGD 绕路更少。",
    "lesson.paths.part.oscillates": "学习率恒定时，SGD 在极小点附近一直振荡，而梯度下降会停下来。",
    "lesson.paths.part.own_way": "在狭长碗面上做在线学习时各走各的：三分之一以上的样本使损失上升。",
    "lesson.paths.part.noisy_cost": "SGD 的损失曲线有噪声：十分之一以上的更新使损失上升，梯度下降则没有。",
    "lesson.paths.part.locally_quadratic": "多层网络在局部是抛物面：距离为 0.1 处，展开的误差不到二次项的五分之一。",
    "lesson.paths.part.opens_upward": "局部抛物面开口向上：没有超过最大曲率千分之一的负曲率。",
    "lesson.paths.part.twenty": "20 个样本看一遍之后，每次一个的 20 次更新领先于全部样本的一次更新，各用最佳学习率。",
    "lesson.paths.bowls": "碗面为：{holds:list}；以下不成立：{does_not_hold:list}",
    "lesson.paths.places": "位置为：{holds:list}；以下不成立：{does_not_hold:list}",
    "lesson.paths.points": "所在的点为：{holds:list}；以下不成立：{does_not_hold:list}",
    "lesson.paths.number.detour": "路程与直线距离之比",
    "lesson.paths.number.detour_ratio": "SGD 与另一方法的绕路程度之比",
    "lesson.paths.number.detour_fixed": "不设终止条件时 SGD 的路程与直线距离之比",
    "lesson.paths.number.settled": "残留的超额损失（与起点之比）",
    "lesson.paths.number.settled_gd": "梯度下降的残留超额损失",
    "lesson.paths.number.spread_exponent": "超额损失对学习率与 B 之比的指数",
    "lesson.paths.number.climbing": "使损失上升的样本比例",
    "lesson.paths.number.rising": "使损失上升的更新比例",
    "lesson.paths.number.expansion_error": "展开误差与二次项之比",
    "lesson.setting.distance": "距离",
    "lesson.paths.number.lowest_share": "最小特征值与最大特征值之比",
    "lesson.paths.number.pass_ratio": "逐个更新与一次更新的超额损失之比",
    "lesson.setting.bowl_of": "碗面",
    "lesson.setting.method": "方法",
    "lesson.setting.place": "位置",
    "lesson.setting.point_of": "所在的点",
    "lesson.choice.round": "圆形",
    "lesson.choice.long": "狭长",
    "lesson.choice.long_best_rate": "狭长，最佳学习率",
    "lesson.choice.long_careful": "狭长，小学习率",
    "lesson.choice.at_start": "起点",
    "lesson.choice.about_minimum": "极小点附近",
    "lesson.choice.gd": "梯度下降",
    "lesson.choice.sgd_one": "随机梯度下降（SGD）",
    "lesson.choice.minibatch": "小批量",
    "lesson.choice.initial_net": "训练前",
    "lesson.choice.trained_net": "训练后",
    "lesson.paths.line.gd": "梯度下降",
    "lesson.paths.line.minibatch": "小批量（B = 8）",
    "lesson.paths.line.sgd_one": "SGD（B = 1）",
    "lesson.paths.axis.first": "第一个权重",
    "lesson.paths.axis.second": "第二个权重",
    "lesson.paths.axis.excess": "超出最小值的损失",
    "lesson.paths.round.title": "圆形碗面上的三条路径",
    "lesson.paths.round.takeaway": "各方向曲率相同时，梯度直指极小点；只有噪声会使路径弯曲。",
    "lesson.paths.long.title": "沿峡谷的三条路径",
    "lesson.paths.long.takeaway": "接近最大稳定学习率时，梯度下降也走之字形，而且不需要任何噪声。",
    "lesson.paths.curves.title": "三种方法的损失",
    "lesson.paths.curves.takeaway": "批越小，曲线噪声越大，停留的位置也越高。",
}

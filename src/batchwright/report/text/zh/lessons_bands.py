"""``bands`` 一课的文字。"""

STRINGS = {
    "lesson.bands.source": "第三篇文章：损失打印成条带",
    "lesson.bands.claim": (
        "批的顺序固定时，打印出的损失呈交错的条带；原因是每个批的损失主要靠上一轮轮到它自己的那次更新下降，"
        "而不是靠其他批的更新，后者的方向对它来说是随机的。"
    ),
    "lesson.bands.experiment": (
        "照搬文章的设置：1,000 个样本，每个是十个正态随机数，目标是它们的平方；两层 sigmoid，权重为正态随机数；批大小 100，顺序固定，学习率 0.001；"
        "每五次更新打印一次平均损失，因此每轮两行。二十个随机种子各自重新生成数据和权重。对文章的解释作三种检验：权重冻结时的间距；"
        "一轮中十次更新各自对每个批的作用；以及去掉某个批自己的那次更新，或只保留那一次。"
    ),
    "lesson.bands.otherwise": (
        "只有当不同批的梯度彼此正交或相反时，自己的那次更新才会占大头：例如每批一个样本、网络大到能记住样本，或者训练后期梯度的公共部分已经消失，"
        "只剩各批自己的部分。条带本身只要求各批难易不同且次序不变；批很大或数据很简单时，间距会小于打印的位数。"
    ),
    "lesson.bands.take": (
        "条带只说明有些批比别的批难，与训练本身无关：在学到任何东西之前它就已经在那里。每轮重新打乱，或者打印整轮的平均值即可。"
        "计算并没有浪费：各批要求的方向大部分是共同的，每次更新几乎都会降低所有批的损失；一轮的下降，正是十次更新各为所有批出一点力的总和。"
    ),
    "lesson.bands.part.bands": "顺序固定时，损失打印成两条从不相交的线。",
    "lesson.bands.part.lines": "样本为 2,000 个、每五次更新打印一次时，每轮有四条线。",
    "lesson.bands.part.coarse": "每 20 次更新（即每轮）打印一次时，条带消失。",
    "lesson.bands.part.shuffling": "打乱顺序后，没有哪条线始终在上。",
    "lesson.bands.part.made_by_training": "间距来自更新：冻结权重后剩下的不到一半。",
    "lesson.bands.part.own_turn_mainly": "一个批的损失下降，一半以上来自它自己的那次更新。",
    "lesson.bands.part.little_without": "去掉自己的那次更新，一个批的下降不到原来的一半。",
    "lesson.bands.part.most_alone": "只保留自己的那次更新，下降仍超过一半。",
    "lesson.bands.part.others_random": "其他批的梯度与它自己的梯度正交（余弦与 0 相差不到 0.05）。",
    "lesson.bands.part.first_order": "一次更新带来的变化是 −lr gᵢ·gⱼ，误差与学习率成正比。",
    "lesson.bands.part.wasted": "其他批的更新对一个批没有好处：其中多数并不降低它的损失。",
    "lesson.bands.part.floor": "损失的下限约为 1.6：sigmoid 的输出小于 1，而许多平方数大于 1。",
    "lesson.bands.number.never_cross": "每一轮都是同一条线在上的种子所占比例",
    "lesson.bands.number.gap": "两条线的间距",
    "lesson.bands.number.fall_an_epoch": "每轮损失的下降",
    "lesson.bands.number.as_many_lines": "线条恰好每轮重复一次的种子所占比例",
    "lesson.bands.number.band_every_20": "每 20 次更新打印的序列宽度与每五次的之比",
    "lesson.bands.number.gap_frozen_over_gap": "冻结权重时的间距与间距之比",
    "lesson.bands.number.gap_frozen_weights": "冻结权重时的间距",
    "lesson.bands.number.own_share": "自己的更新在下降中所占份额",
    "lesson.bands.number.equal_share": "十次更新作用相同时的份额",
    "lesson.bands.number.fall_without_own_turn": "去掉自己的更新后的下降（占全部）",
    "lesson.bands.number.fall_with_own_turn_only": "只保留自己的更新时的下降（占全部）",
    "lesson.bands.number.cosine_mean": "两个批的梯度之间的平均余弦",
    "lesson.bands.number.error_order": "误差随学习率变化的指数",
    "lesson.bands.number.first_order_error": "一阶估计的误差",
    "lesson.bands.number.lowered_by_others": "能降低该批损失的其他批更新所占比例",
    "lesson.bands.number.floor": "输出小于 1 时的最小损失",
    "lesson.choice.shuffled_anew": "打乱",
    "lesson.bands.line.fixed": "固定顺序，第 {line:count} 次打印",
    "lesson.bands.line.shuffled": "打乱顺序，第 {line:count} 次打印",
    "lesson.bands.printed.title": "打印出的损失",
    "lesson.bands.printed.takeaway": "顺序固定时两条线并行，间距是每轮下降的数百倍；打乱后，打印值散布在同一范围内。",
    "lesson.bands.matrix.title": "谁的更新降低了谁的损失",
    "lesson.bands.matrix.takeaway": "各次更新在每个批的下降中所占的百分比。对角线较突出，但远不是一行的全部。",
    "lesson.bands.axis.update": "更新所用的批",
    "lesson.bands.axis.batch": "损失所属的批",
    "lesson.bands.axis.share": "占下降的百分比",
    "lesson.bands.first_order.title": "梯度能预测多少",
    "lesson.bands.first_order.takeaway": "−lr gᵢ·gⱼ 的误差与学习率成正比：剩下的是二阶项。",
    "lesson.bands.axis.error": "相对误差",
}

"""``rprop`` 一课的文字。"""

STRINGS = {
    "lesson.rprop.source": "第五篇文章：Rprop 与 RMSprop",
    "lesson.rprop.claim": "各权重的梯度大小悬殊，难以共用一个全局学习率；Rprop 适用于全批量，在小批量上失效；RMSprop 正是其补救。",
    "lesson.rprop.experiment": (
        "在手写数字上训练网络 100 次更新，批大小分别为 32、256 和全部 1,437 个样本。Rprop、RMSprop 与普通梯度下降各取针对该批大小、"
        "在另外的随机种子上调优的学习率（对 Rprop 是初始步长），在更新次数相同时比较全部训练样本上的损失：所谓失效，是指损失远高于全批量，"
        "而不是准确率停留在随机水平。40 次更新后读取各权重的步长，并在普通下降途中的一点比较两个批的梯度符号。"
    ),
    "lesson.rprop.otherwise": (
        "若批大小远大于梯度噪声尺度，就近似于全批量：训练初期符号大多一致，Rprop 仍能工作。若用比 1.2 和 0.5 更温和的系数，"
        "或综合几个批再取符号，所需的一致程度也会改变。"
    ),
    "lesson.rprop.take": (
        "Rprop 只适合全批量。在小批量上，它的步长由符号“投票”决定，噪声使步长减半的次数多于增大的次数；"
        "RMSprop 和 Adam 改为除以梯度大小的滑动平均，既保留了原来的思想，又对投票作了平均。"
    ),
    "lesson.rprop.part.gradients_differ": "各权重的梯度大小悬殊：第 90 百分位是第 10 百分位的十倍以上。",
    "lesson.rprop.part.works_on_the_full_batch": "全批量时，Rprop 的训练损失低于使用单一（已调优）学习率的普通下降。",
    "lesson.rprop.part.fails_on_mini_batches": "小批量时 Rprop 失效：训练损失是全批量时的十倍以上。",
    "lesson.rprop.part.steps_are_shorter": "小批量时，步长不到全批量时的一半。",
    "lesson.rprop.part.most_steps_end": "小批量时，大部分步长缩小到允许的最小值。",
    "lesson.rprop.part.signs_disagree": "两个批（批大小 32）的梯度符号一致的比例低于 79%，而步长不缩小需要这一比例。",
    "lesson.rprop.part.rmsprop_repairs": "小批量时，RMSprop 的训练损失低于 Rprop。",
    "lesson.rprop.number.gradient_spread": "梯度大小的第 90 与第 10 百分位之比",
    "lesson.rprop.number.loss_over_descent": "Rprop 与普通下降的训练损失之比",
    "lesson.rprop.number.loss_over_full_batch": "Rprop 的训练损失与全批量时之比",
    "lesson.rprop.number.median_step_ratio": "步长中位数与全批量时之比",
    "lesson.rprop.number.steps_at_the_least": "处于最小值的步长所占比例",
    "lesson.rprop.number.sign_agreement": "符号一致的权重所占比例",
    "lesson.rprop.number.rmsprop_over_rprop": "RMSprop 与 Rprop 的训练损失之比",
    "lesson.rprop.sizes": "批大小为 {holds:list}；为 {does_not_hold:list} 时不成立",
    "lesson.rprop.method.rprop": "Rprop",
    "lesson.rprop.method.rmsprop": "RMSprop",
    "lesson.rprop.line.size": "B = {size:size}",
    "lesson.rprop.line.method": "{name}，B = {size:size}",
    "lesson.rprop.least": "最小步长",
    "lesson.rprop.axis.share": "权重的分位数",
    "lesson.rprop.axis.step_size": "步长",
    "lesson.rprop.losses.title": "{updates:count} 次更新后的训练损失",
    "lesson.rprop.losses.takeaway": "Rprop 离不开全批量，RMSprop 几乎不受影响。色带为各随机种子的范围。",
    "lesson.rprop.steps.title": "{updates:count} 次更新后的步长",
    "lesson.rprop.steps.takeaway": "批越小，剩下的步长越小。",
    "lesson.rprop.curves.title": "下降过程",
    "lesson.rprop.curves.takeaway": "小批量时，步长耗尽，Rprop 也就停了下来。",
}

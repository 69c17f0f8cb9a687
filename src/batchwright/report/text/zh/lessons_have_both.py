"""``have-both`` 一课的文字。"""

STRINGS = {
    "lesson.have_both.source": "第四篇文章：两者兼得",
    "lesson.have_both.claim": "方法得当时，大批量可以又快又好。",
    "lesson.have_both.experiment": (
        "以调好学习率的小批量为标杆。大 8 倍和 32 倍的批训练同样的轮数，更新次数也就少这么多倍：普通 SGD 用小批量的学习率、按平方根缩放、"
        "按比例缩放（后者有或没有占五分之一更新次数的预热），以及用自己调好的学习率；最大的批另用调好的动量、LARS 和 LAMB。"
        "各方共用随机种子，且与调参用的不同。对中间的批大小，另在四个学习率下比较有无预热。"
        "最后把四次训练的权重取平均，或从同一起点出发，或从不同起点出发。"
        "“一样好”指验证损失最多高出两成。"
    ),
    "lesson.have_both.otherwise": (
        "批能大到多少而结果一样好，取决于任务：小于临界批大小时，调好学习率就够了；远大于它时，任何方法都补不上缺少的更新。"
        "LARS 和 LAMB 是为各层梯度相差几个数量级的深层网络设计的，两层的网络用不上多少。"
    ),
    "lesson.have_both.take": (
        "先为大批量调学习率，缩放规则告诉你从哪里开始。所需学习率在开头不稳定时，加上动量和预热。只对起点相同的训练取权重平均。"
    ),
    "lesson.have_both.part.fewer_updates": "最大的批快：同样的轮数只需十分之一或更少的更新。",
    "lesson.have_both.part.unscaled": "最大的批用小批量的学习率，结果一样好。",
    "lesson.have_both.part.square_root": "学习率按批大小的平方根缩放，结果一样好。",
    "lesson.have_both.part.linear": "学习率按批大小成比例缩放，结果一样好。",
    "lesson.have_both.part.sgd": "较大的批用普通 SGD 和自己调好的学习率，结果一样好。",
    "lesson.have_both.part.other_optimizers": "最大的批用调好的动量、LARS 或 LAMB，结果一样好。",
    "lesson.have_both.part.warmup": "学习率相同时，预热能降低较大批的损失。",
    "lesson.have_both.part.layerwise_beats": "LARS 和 LAMB 胜过调好的 SGD 与带动量 SGD 中较好的一个。",
    "lesson.have_both.part.averaging": "几次训练的权重平均，优于这些训练本身。",
    "lesson.have_both.recipes": "方法为以下之一：{holds:list}；以下方法不成立：{does_not_hold:list}",
    "lesson.have_both.rates": "学习率属于：{holds:list}；不包括：{does_not_hold:list}",
    "lesson.have_both.sizes": "批大小取以下值之一：{holds:list}；以下值不成立：{does_not_hold:list}",
    "lesson.have_both.size": "B {batch_size:size}",
    "lesson.have_both.starts": "起点为：{holds:list}；以下起点不成立：{does_not_hold:list}",
    "lesson.have_both.data": (
        "在 {task} 的 {examples:count} 个样本上训练；大批量为 {large:size}。已安装 Fashion-MNIST 时，完整版用 4096。"
    ),
    "lesson.have_both.number.updates_ratio": "小批量的更新次数 / 大批量的更新次数",
    "lesson.have_both.number.loss_ratio": "验证损失 / 小批量的验证损失",
    "lesson.have_both.number.diverged": "发散的训练次数",
    "lesson.have_both.number.warmup_ratio": "有预热的验证损失 / 没有预热的",
    "lesson.have_both.number.layerwise_ratio": "验证损失 / 较好的 SGD 的验证损失",
    "lesson.have_both.number.average_ratio": "平均权重的验证损失 / 各次训练的验证损失",
    "lesson.setting.recipe": "方法",
    "lesson.setting.starts": "起点",
    "lesson.choice.unscaled": "同一学习率",
    "lesson.choice.square_root": "平方根",
    "lesson.choice.linear": "成比例",
    "lesson.choice.linear_warmup": "成比例并预热",
    "lesson.choice.sgd": "SGD",
    "lesson.choice.momentum": "动量",
    "lesson.choice.lars": "LARS",
    "lesson.choice.lamb": "LAMB",
    "lesson.choice.one_start": "同一起点",
    "lesson.choice.other_starts": "不同起点",
    "lesson.have_both.axis.recipe": "方法",
    "lesson.have_both.small": "小批量（已调学习率）",
    "lesson.have_both.recipes.title": "同样轮数之后的验证损失",
    "lesson.have_both.recipes.takeaway": "圆点为均值，误差线为各随机种子的范围；发散的方法未画出。横线为小批量的损失。",
}

"""``adaptive`` 一课的文字。"""

STRINGS = {
    "lesson.adaptive.source": "关于 AdaGrad、RMSprop 和 Adam 的文章",
    "lesson.adaptive.claim": (
        "AdaGrad 的学习率会衰减到零；RMSprop 对变化的目标修复了这一点；RMSprop 和 Adam 能加速尺度悬殊和稀疏的问题；Adam 的偏差修正能加快起步。"
    ),
    "lesson.adaptive.experiment": (
        "条件数为 100 和 1000 的二次函数，其尺度悬殊的方向或与参数坐标轴一致（正放），或不一致（旋转）；统计损失降到初始值万分之一所需的更新次数。"
        "另一个二次函数的极小点随机游走，用带噪声的梯度追踪 100 至 10,000 次更新。逻辑回归的特征有的出现在一半的样本中，有的几百个样本才出现一次；"
        "手写数字每次更新用 4 个样本。每一方都用自己的最佳学习率。文章的 RMSprop 按原样运行（每次调用缓存都从零开始），与 torch 的 RMSprop 使用相同的梯度。"
    ),
    "lesson.adaptive.otherwise": (
        "自适应方法逐个参数地缩放：只有沿参数坐标轴的尺度差异才看得见。稀疏特征、嵌入层、宽度不同的层都沿坐标轴，旋转后的二次函数则不是。"
        "梯度趋近极小点时会变小的问题中，AdaGrad 的累加和收敛，学习率不会消失。学习率恒定时 RMSprop 会在与学习率相当的距离上徘徊："
        "目标更严或学习率衰减时，它的更新次数变化比其他方法更大。"
    ),
    "lesson.adaptive.take": (
        "把功劳归于 Adam 的缩放之前，先与最佳学习率下的动量法比较：Adam 本身就含动量。偏差修正要么都留、要么都去：两者合起来不过是开头若干次更新的学习率调度 "
        "(1−β₁^t)/√(1−β₂^t)，调好学习率即可弥补；只去掉其中一个，只能说明坏的调度确实坏。每次调用都重置缓存的 RMSprop 其实是符号步，"
        "不论梯度大小，步长都是 η/√(1−β)。"
    ),
    "lesson.adaptive.part.adagrad_dies": "梯度大小不变时，AdaGrad 的有效学习率仍会消失（快于 t^−0.4）。",
    "lesson.adaptive.part.repairs_tuned": (
        "追踪游走的极小点时，RMSprop 的损失比 AdaGrad 低 5% 以上，学习率按该长度调好。"
    ),
    "lesson.adaptive.part.repairs_kept": "两者都沿用 100 次更新时的最佳学习率，结论相同。",
    "lesson.adaptive.part.rmsprop_scaled": "在尺度悬殊的二次函数上，RMSprop 比普通梯度下降需要的更新更少。",
    "lesson.adaptive.part.adam_scaled": "在尺度悬殊的二次函数上，Adam 比普通梯度下降需要的更新更少。",
    "lesson.adaptive.part.beyond_momentum": "在这些函数上，Adam 比单纯的动量法还要少（少 20% 以上）。",
    "lesson.adaptive.part.sparse_faster": "在稀疏特征上，它们需要的更新比 SGD 少四分之一以上。",
    "lesson.adaptive.part.digits_faster": "在手写数字上，它们需要的更新比 SGD 少四分之一以上。",
    "lesson.adaptive.part.corrections_start": "带两个修正的 Adam 比去掉一个或两个时更早使损失减半。",
    "lesson.adaptive.part.corrections_end": "带两个修正时更早达到初始损失的万分之一。",
    "lesson.adaptive.part.printed": "文章印出的 RMSprop 走的就是 RMSprop 的步子。",
    "lesson.adaptive.horizons": "运行长度为 {holds:list} 次更新；{does_not_hold:list} 次时不成立",
    "lesson.adaptive.bowls": "函数为以下之一：{holds:list}；以下不成立：{does_not_hold:list}",
    "lesson.adaptive.optimizers": "优化器为以下之一：{holds:list}；以下不成立：{does_not_hold:list}",
    "lesson.adaptive.dropped": "去掉的是以下之一：{holds:list}；去掉以下时不成立：{does_not_hold:list}",
    "lesson.adaptive.number.rate_exponent": "有效学习率的指数",
    "lesson.adaptive.number.walk_ratio": "RMSprop 与 AdaGrad 的损失之比",
    "lesson.adaptive.number.updates_ratio": "更新次数与普通梯度下降之比",
    "lesson.adaptive.number.momentum_ratio": "Adam 与动量法的更新次数之比",
    "lesson.adaptive.number.task_ratio": "更新次数与 SGD 之比",
    "lesson.adaptive.number.correction_ratio": "带两个修正与去掉修正的更新次数之比",
    "lesson.adaptive.number.printed_gap": "与 torch 的 RMSprop 的最大距离（学习率 1，200 次更新）",
    "lesson.adaptive.number.sign_gap": "与符号步的最大距离",
    "lesson.adaptive.number.torch_gap": "我们的 RMSprop 与 torch 的最大距离",
    "lesson.adaptive.number.printed_ratio": "印出的形式与 RMSprop 的更新次数之比",
    "lesson.setting.horizon": "更新次数",
    "lesson.setting.bowl": "二次函数",
    "lesson.setting.dropped": "去掉的修正",
    "lesson.choice.straight_100": "正放，条件数 100",
    "lesson.choice.turned_100": "旋转，条件数 100",
    "lesson.choice.straight_1000": "正放，条件数 1000",
    "lesson.choice.turned_1000": "旋转，条件数 1000",
    "lesson.choice.both_averages": "两个修正",
    "lesson.choice.of_squares": "平方平均的修正",
    "lesson.choice.of_gradients": "梯度平均的修正",
    "lesson.adaptive.line.plain": "普通梯度下降",
    "lesson.adaptive.line.momentum": "动量",
    "lesson.adaptive.line.adagrad": "AdaGrad 方法",
    "lesson.adaptive.line.rmsprop": "RMSprop 方法",
    "lesson.adaptive.line.adam": "Adam 方法",
    "lesson.adaptive.axis.rate": "步长与梯度之比（学习率 1）",
    "lesson.adaptive.rates.title": "同样大小的梯度还能走多远",
    "lesson.adaptive.rates.takeaway": "AdaGrad 的学习率按 1/√t 下降；RMSprop 开头大了十倍，约一百次更新后稳定下来。",
    "lesson.adaptive.bowls.title": "尺度悬殊的二次函数上的更新次数",
    "lesson.adaptive.bowls.takeaway": "函数一旋转，RMSprop 的优势就消失；Adam 始终接近动量法，而动量法根本不看坐标轴。",
}

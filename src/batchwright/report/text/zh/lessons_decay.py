"""``decay`` 一课的文字。"""

STRINGS = {
    "lesson.decay.source": "第三篇文章：学习率衰减",
    "lesson.decay.claim": "学习率衰减（指数衰减，如 0.95；文中没有给出单位）能消除后期振荡，并改善泛化。",
    "lesson.decay.experiment": (
        "在手写数字上训练网络，五分之一的训练标签是错的，批大小 32，共 16 轮。把恒定学习率与下列方式比较：每轮 ×0.95、每次更新 ×0.95、"
        "每四轮减半、反时间衰减、余弦衰减。各方式的初始学习率分别在另外的随机种子上调优，一次针对验证损失，一次针对准确率。"
        "振荡是指最后五轮中，整个训练集的损失逐轮变化量的标准差。最后用另一种方式达到同样的噪声尺度：学习率不变，批大小每四轮翻倍。"
    ),
    "lesson.decay.otherwise": (
        "若梯度噪声会自行消失（例如标签无误且网络能够完全拟合），后期本来就没有多少振荡，衰减也没有多少收益。从很小的学习率开始衰减，"
        "只是让训练提前停下。训练更长时，每轮 0.95 就成了很强的衰减：重要的是整个训练过程中学习率降到多少，而不是系数本身。"
    ),
    "lesson.decay.take": (
        "从较大的学习率开始，让它在整个训练过程中逐渐下降。看到衰减系数一定要问单位：每次更新 ×0.95，100 次更新后学习率只剩 0.6%。"
        "改为增大批大小，对噪声的作用相同，而更新次数更少。"
    ),
    "lesson.decay.part.less_oscillation": "初始学习率相同时，衰减至少消除训练损失后期振荡的三分之一。",
    "lesson.decay.part.better_loss": "各方式取各自最佳的初始学习率时，衰减使最终验证损失更低。",
    "lesson.decay.part.better_accuracy": "各方式取各自最佳的初始学习率时，衰减使最终验证准确率更高。",
    "lesson.decay.part.per_step_as_good": "每次更新 ×0.95 与每轮 ×0.95 一样好（验证损失相差不超过 5%）。",
    "lesson.decay.part.from_any_start": "无论初始学习率大小，每轮 ×0.95 都能降低验证损失。",
    "lesson.decay.part.growing_is_the_same": "在学习率本该减半处改为批大小翻倍，验证损失相同（相差不超过 10%）。",
    "lesson.decay.number.oscillation_ratio": "振荡与恒定学习率时之比",
    "lesson.decay.number.loss_ratio": "验证损失与恒定学习率时之比",
    "lesson.decay.number.accuracy_gained": "验证准确率比恒定学习率高出",
    "lesson.decay.number.step_over_epoch": "每次更新 ×0.95 与每轮 ×0.95 的验证损失之比",
    "lesson.decay.number.loss_ratio_same_start": "初始学习率相同时，验证损失与恒定学习率之比",
    "lesson.decay.number.grown_over_halved": "增大批与学习率减半的验证损失之比",
    "lesson.decay.number.updates_ratio": "增大批与学习率减半的更新次数之比",
    "lesson.decay.schedules": "衰减方式为 {holds:list}；{does_not_hold:list} 不成立；{cannot_tell:list} 无法判断",
    "lesson.decay.schedules.all_told": "衰减方式为 {holds:list}；{does_not_hold:list} 不成立",
    "lesson.decay.rates": "初始学习率为 {holds:list}；为 {does_not_hold:list} 时不成立",
    "lesson.setting.schedule": "学习率调度",
    "lesson.choice.constant_rate": "恒定",
    "lesson.choice.per_epoch": "每轮 ×0.95",
    "lesson.choice.per_step": "每次更新 ×0.95",
    "lesson.choice.halved": "每四轮减半",
    "lesson.choice.inverse_time": "反时间衰减",
    "lesson.choice.cosine": "余弦",
    "lesson.choice.growing": "增大批",
    "lesson.decay.axis.start": "初始学习率",
    "lesson.decay.late.title": "初始学习率为 {lr:rate}",
    "lesson.decay.late.takeaway": "学习率恒定时，损失逐轮跳动不止；学习率下降则趋于平稳。",
    "lesson.decay.tuning.title": "各方式在不同初始学习率下",
    "lesson.decay.tuning.takeaway": "下降快的方式需要更大的起点；若只在同一个学习率下比较，可以让任何一种“胜出”。",
    "lesson.decay.grown.title": "改为增大批",
    "lesson.decay.grown.takeaway": "学习率减半与批大小翻倍殊途同归；后者的更新次数只有一半甚至更少。",
}

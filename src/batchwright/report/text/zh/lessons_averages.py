"""``averages`` 一课的文字。"""

STRINGS = {
    "lesson.averages.source": "关于动量和 Adam 的文章：指数加权平均",
    "lesson.averages.claim": (
        "指数加权平均大约滞后 1/(1−β) 个值；β 小（0.1）时紧跟数据，β 大（0.9）时曲线平滑；偏差修正能纠正开头部分；大多数人并不做修正。"
    ),
    "lesson.averages.experiment": (
        "对长度为 4,000、噪声标准差为 1 的序列从 v = 0 开始做平均 v = βv + (1−β)x。在斜坡上测量滞后，在纯噪声上测量残留噪声的比例，"
        "在水平为 10 的序列上测量前十个平均值缺多少。人们怎么做无法测量；能测量的是不做修正的影响多少个值之后不再明显，以及 torch 的优化器第一步走多远。"
    ),
    "lesson.averages.otherwise": (
        "滞后和噪声只是算术：对任何独立噪声的序列，滞后为 β/(1−β) 个值，噪声标准差剩下 √((1−β)/(1+β))。"
        "如果噪声前后相关（例如总在同一批样本上计算的损失），平滑效果会变差。从第一个值而不是从零开始的平均不需要修正，但会在整个记忆长度内带着第一个值的噪声。"
    ),
    "lesson.averages.take": (
        "按记忆长度 1/(1−β) 选 β，并记住平均值就晚这么多：看平滑后的损失时，应与一个记忆长度之前的更新对照。"
        "如果要看前五个记忆长度内的值，或者有别的量要除以它，就要做修正：未修正的平方平均会使最初几步过大，而不是过小。"
    ),
    "lesson.averages.part.lag": "平均值大约滞后 1/(1−β) 个值（误差不超过 15%）。",
    "lesson.averages.part.follows": "β 小（0.1）时紧跟数据：滞后不到一个值。",
    "lesson.averages.part.smooths": "β 大（0.9）时平滑：残留噪声不到 β = 0.1 时的一半。",
    "lesson.averages.part.repairs": "不修正时开头偏差超过 5%，偏差修正使前十个值的误差回到 5% 以内。",
    "lesson.averages.part.do_without": "可以不做修正：缺少的部分不到 1%。",
    "lesson.averages.lag_when": "β 取 {holds:list}；取 {does_not_hold:list} 时不成立",
    "lesson.averages.without_when": "已经过 {holds:list} 个记忆长度 1/(1−β)；经过 {does_not_hold:list} 个时不成立",
    "lesson.averages.number.lag_ratio": "滞后（以 1/(1−β) 为单位）",
    "lesson.averages.number.smallest_beta": "滞后约为 1/(1−β) 的最小 β",
    "lesson.averages.number.lag": "滞后的值数",
    "lesson.averages.number.noise_ratio": "β = 0.9 与 β = 0.1 的残留噪声之比",
    "lesson.averages.number.noise_kept": "残留噪声的比例",
    "lesson.averages.number.start_error": "前十个值的误差",
    "lesson.averages.number.start_noise": "修正后第一个值与后来各值的噪声之比",
    "lesson.averages.number.lacking": "不修正时缺少的比例",
    "lesson.averages.number.first_step": "第一步的长度（以学习率为单位）",
    "lesson.setting.average": "平均",
    "lesson.setting.memories": "记忆长度数",
    "lesson.choice.corrected": "已修正",
    "lesson.choice.uncorrected": "未修正",
    "lesson.averages.line.values": "数据",
    "lesson.averages.line.corrected": "β = {beta:number}，已修正",
    "lesson.averages.line.plain": "β = {beta:number}，未修正",
    "lesson.averages.line.late": "滞后造成的误差",
    "lesson.averages.line.noise": "噪声造成的误差",
    "lesson.averages.line.both": "两者之和",
    "lesson.averages.axis.time": "第几个值",
    "lesson.averages.axis.value": "值",
    "lesson.averages.axis.memory": "记忆长度 1/(1−β)",
    "lesson.averages.axis.error": "均方根误差",
    "lesson.averages.mark": "β = {beta:number}",
    "lesson.averages.beginning.title": "带噪声的波及其平均",
    "lesson.averages.beginning.takeaway": "β 小时连噪声一起跟随；β 大时平滑但滞后，不修正则从零慢慢爬升。",
    "lesson.averages.trade.title": "滞后还是噪声",
    "lesson.averages.trade.takeaway": (
        "对这个周期为 80 的波，误差在 β = {best:number} 处最小：变化越快，β 应越小；噪声越大，β 应越大。"
    ),
}

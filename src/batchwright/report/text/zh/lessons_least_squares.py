"""``least-squares`` 一课的文字。"""

STRINGS = {
    "lesson.least_squares.source": "第二篇文章：线性回归函数",
    "lesson.least_squares.claim": "小批量梯度下降能解线性回归；对不足一批的最后一批，文中的函数仍除以完整的批大小。",
    "lesson.least_squares.experiment": (
        "先按原样运行文中的函数（从零开始，学习率 0.01，100 轮，批大小 32，每轮重新打乱），与闭式解比较。"
        "再同时求解三十个问题，每个含 7 个完整的批和 1 至 28 个剩余样本：剩余的一批除以自身大小、除以完整批大小或直接丢弃，"
        "顺序固定或打乱，目标值有噪声或无噪声，共四种学习率。距离取最后 20 轮每轮结束时的值。"
        "（梯度取自均方误差；若函数里没有系数 2，相当于学习率减半。）"
    ),
    "lesson.least_squares.otherwise": (
        "若直线能精确拟合目标值，各种做法终点相同，因为在那里每个样本的梯度都为零。剩余样本接近一整批时，两种除数几乎没有差别。"
        "批数很多时差别会被掩盖，因为几百批里只有一批不足；特征尺度悬殊时，要更多轮才看得到这些现象。"
    ),
    "lesson.least_squares.take": (
        "要打乱顺序。剩余不足半批时，丢弃它，或除以完整批大小；对寥寥几个剩余样本求平均，是一轮里噪声最大的一次更新。"
        "顺序固定时，只有除以完整批大小才是在解原来的问题：另外两种做法等于给样本加权，再小的学习率也补救不了。"
    ),
    "lesson.least_squares.part.solves": "文中的函数与最小二乘解的差距在 1% 以内。",
    "lesson.least_squares.part.full_size_kept_order": "顺序固定时，最后一批除以完整批大小，比除以自身大小更接近解。",
    "lesson.least_squares.part.full_size_shuffled_order": "每轮打乱时，最后一批除以完整批大小，比除以自身大小更接近解。",
    "lesson.least_squares.part.dropped_kept_order": "顺序固定时，丢弃最后一批比除以自身大小更接近解。",
    "lesson.least_squares.part.dropped_shuffled_order": "每轮打乱时，丢弃最后一批比除以自身大小更接近解。",
    "lesson.least_squares.part.without_noise": "目标值没有噪声时，各种做法都恰好到达解（只差舍入误差）。",
    "lesson.least_squares.part.smaller_rate": "减小学习率就能消除距离：学习率降到八分之一时，剩下的距离不到一半。",
    "lesson.least_squares.number.distance": "到解的相对距离",
    "lesson.least_squares.number.in_sampling_errors": "同上，以解的标准误差为单位",
    "lesson.least_squares.number.distance_ratio": "距离与“除以自身大小”时之比",
    "lesson.least_squares.number.largest_distance": "最大相对距离",
    "lesson.least_squares.number.distance_at_an_eighth": "学习率 0.0025 与 0.02 时的距离之比",
    "lesson.least_squares.noises": "目标值噪声为 {holds:list}；为 {does_not_hold:list} 时不成立",
    "lesson.least_squares.remainders": "批大小为 32，剩余样本数为 {holds:list}；为 {does_not_hold:list} 时不成立",
    "lesson.least_squares.ways": "做法为：{holds:list}；以下做法不成立：{does_not_hold:list}",
    "lesson.setting.target_noise": "目标值噪声",
    "lesson.setting.remainder": "剩余样本数",
    "lesson.setting.epoch_order": "顺序",
    "lesson.setting.short_batch": "最后一批",
    "lesson.choice.kept_order": "固定",
    "lesson.choice.shuffled_order": "打乱",
    "lesson.choice.own_size": "除以自身大小",
    "lesson.choice.full_size": "除以完整批大小",
    "lesson.choice.dropped": "丢弃",
    "lesson.choice.kept_order_own_size": "顺序固定、除以自身大小",
    "lesson.choice.kept_order_full_size": "顺序固定、除以完整批大小",
    "lesson.choice.kept_order_dropped": "顺序固定、丢弃",
    "lesson.choice.shuffled_order_own_size": "打乱、除以自身大小",
    "lesson.choice.shuffled_order_full_size": "打乱、除以完整批大小",
    "lesson.choice.shuffled_order_dropped": "打乱、丢弃",
    "lesson.least_squares.axis.remainder": "最后一批的样本数（批大小 32）",
    "lesson.least_squares.axis.distance": "到解的相对距离",
    "lesson.least_squares.shuffled_order.title": "每轮打乱",
    "lesson.least_squares.shuffled_order.takeaway": (
        "除以完整批大小时，一轮的梯度之和就是完整梯度，几乎不留噪声；另外两种做法在剩余半批处相交。"
    ),
    "lesson.least_squares.kept_order.title": "顺序固定",
    "lesson.least_squares.kept_order.takeaway": (
        "除以自身大小使同样几个样本的权重过大，丢弃则使其权重为零：解的已是另一个问题。色带覆盖 90% 的问题。"
    ),
    "lesson.least_squares.rates.title": "减小学习率",
    "lesson.least_squares.rates.takeaway": "噪声随学习率减小；若已是另一个问题的解，则距离不变。虚线为顺序固定。",
}

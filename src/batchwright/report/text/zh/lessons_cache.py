"""``cache`` 一课的文字。"""

STRINGS = {
    "lesson.cache.source": "第一篇文章：批与缓存",
    "lesson.cache.claim": (
        "恰好装满而不超出处理器缓存的批，每个样本的速度最快；超出内存后速度骤降；批大小为 1 时完全失去向量化。"
    ),
    "lesson.cache.experiment": (
        "以 2 的幂为批大小，对一个有 512 个隐藏单元的全连接网络和 LeNet 的单步更新轮流计时。一次更新的工作集是逐项统计的："
        "参数、梯度、输入以及反向传播所保留的全部内容。把刚好装得进二级缓存的批，与至多占一半缓存的最近批、"
        "以及工作集达缓存四倍的最近批逐轮比较。"
    ),
    "lesson.cache.otherwise": (
        "无论批多大，矩阵乘法都按能放进缓存的分块进行，每一层也只遍历自己的激活值。如果二级缓存之后的缓存很小或很慢，"
        "或某一层数据多而运算少，超出缓存的代价就更大。超出内存的情况没有尝试，因为那会使机器停滞；"
        "给出的数字是最大的批离空闲内存还有多远。"
    ),
    "lesson.cache.take": (
        "批大小为 1 时，每个运算的全部固定开销都由一个样本承担：慢主要慢在这里，而不在于失去向量指令，因为单个样本内的卷积同样是向量化的。"
        "与其盯着缓存大小，不如用 batchwright probe 找出从哪个批大小起每个样本不再更便宜。"
    ),
    "lesson.cache.part.alone": (
        "B = 1 时完全失去向量化：每个样本的耗时超过最佳批大小时的 8 倍（一条向量指令处理 8 个数）。"
    ),
    "lesson.cache.part.filling": "装满二级缓存有好处：缓存空着一半时，每个样本的耗时至少多 15%。",
    "lesson.cache.part.exceeding": "超出缓存有代价：工作集达缓存四倍时，每个样本的耗时至少多 15%。",
    "lesson.cache.part.past_memory": "超出内存后速度骤降。",
    "lesson.cache.nets": "网络属于：{holds:list}；不包括：{does_not_hold:list}",
    "lesson.cache.number.alone_ratio": "B = 1 与最佳 B 的每样本耗时之比",
    "lesson.cache.number.filling_ratio": "此批大小与装满缓存时的每样本耗时之比",
    "lesson.cache.number.exceeding_ratio": "此批大小与装满缓存时的每样本耗时之比",
    "lesson.cache.number.memory_share": "试过的最大工作集占空闲内存的比例",
    "lesson.setting.beside": "对照 B",
    "lesson.cache.axis.throughput": "每秒样本数",
    "lesson.cache.dense_net.title": "全连接网络：每秒样本数",
    "lesson.cache.LeNet.title": "LeNet：每秒样本数",
    "lesson.cache.takeaway": "竖线处工作集超出一级缓存或更大的缓存；看峰值是否落在其中某条线上。",
    "lesson.cache.passed": "{level} 级缓存，{size:bytes}",
}

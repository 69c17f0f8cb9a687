"""``batch-time`` 一课的文字。"""

STRINGS = {
    "lesson.batch_time.source": "第一篇文章：批大小与时间",
    "lesson.batch_time.claim": (
        "得益于并行硬件，大批量的一步几乎不会更慢：批大小从 1 到 1,000 耗时相同，10,000 和 60,000 则不然；"
        "因此批越大，一轮训练耗时越短。"
    ),
    "lesson.batch_time.experiment": (
        "按文章中的批大小，对一个有 64 个隐藏单元的全连接网络和 LeNet 的单步更新计时。所有批大小在不到一秒内轮流计时，"
        "机器上的其他负载对它们影响相同；比值取各轮次的中位数。文章测的是自己的 GPU，这里测的是本机处理器。"
    ),
    "lesson.batch_time.otherwise": (
        "若硬件有大量空闲的计算单元（例如 GPU 上的小网络），在占满之前每步用时不变，之后才随批大小增长。"
        "转折点取决于机器和网络，而不是批本身：大网络只需几个样本就能占满设备。"
    ),
    "lesson.batch_time.take": (
        "请在自己的机器上测量：batchwright probe 会显示每步用时从哪里开始与批大小成正比。小于该值时，增大批几乎不增加每步用时；"
        "大于该值后，一轮的耗时与批大小无关。而且一轮更快不等于更早达到目标：批越大，需要的轮数越多。"
    ),
    "lesson.batch_time.part.same_step": "B = 1 与 B = 1,000 的每步用时相同（相差不超过 1.5 倍）。",
    "lesson.batch_time.part.hardly_longer": "在全连接网络中，批扩大十倍，每步用时增加不多（不到 2.5 倍）。",
    "lesson.batch_time.part.longer_beyond": "批大小为 10,000 和 60,000 时，每步用时比 1,000 时长。",
    "lesson.batch_time.part.shorter_epoch": "B = 1,000 时一轮的耗时不到 B = 1 时的一半。",
    "lesson.batch_time.nets": "网络属于：{holds:list}；不包括：{does_not_hold:list}",
    "lesson.batch_time.sizes": "较小的批为：{holds:list}；不包括：{does_not_hold:list}",
    "lesson.batch_time.number.step_ratio": "B = 1,000 与 B = 1 的每步用时之比",
    "lesson.batch_time.number.same_up_to": "每步用时与 B = 1 相同的最大批",
    "lesson.batch_time.number.tenfold_ratio": "批扩大十倍前后的每步用时之比",
    "lesson.batch_time.number.beyond_ratio": "与 B = 1,000 的每步用时之比",
    "lesson.batch_time.number.epoch_ratio": "B = 1,000 与此批大小的每轮耗时之比",
    "lesson.setting.timed_net": "网络",
    "lesson.choice.dense_net": "全连接",
    "lesson.batch_time.line.dense_net": "全连接网络",
    "lesson.batch_time.line.LeNet": "LeNet 网络",
    "lesson.batch_time.axis.step": "每步用时",
    "lesson.batch_time.axis.epoch": "60,000 个样本的一轮耗时（秒）",
    "lesson.batch_time.steps.title": "每步用时",
    "lesson.batch_time.steps.takeaway": "固定开销占主导时曲线平坦，随后与批大小成正比；平坦的一段很短。",
    "lesson.batch_time.epochs.title": "每轮耗时",
    "lesson.batch_time.epochs.takeaway": "一轮的耗时随批大小缩短，到某个批大小后不再缩短。",
}

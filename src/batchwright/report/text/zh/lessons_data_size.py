"""``data-size`` 一课的文字。"""

STRINGS = {
    "lesson.data_size.source": "第二篇文章：批大小与数据量",
    "lesson.data_size.claim": "最优批大小随数据集增大：108 万个样本时为 128，样本多一百倍时为 1,024，指数为 0.45。",
    "lesson.data_size.experiment": (
        "在手写数字的子集上训练一个全连接网络，批大小为 8、32 和 128，学习率各自调优。由达到某一验证损失所需的步数，"
        "用 bw.fit 对每个随机种子求出临界批大小（此时步数和样本数都是各自最小值的两倍）。一次对所有子集使用相同的目标损失，"
        "一次取接近该子集自身训练所能达到的最低损失。指数是临界批大小对样本数的双对数斜率；所用种子未参与调参。"
    ),
    "lesson.data_size.otherwise": (
        "临界批大小取决于训练主要阶段的梯度噪声：目标越难，越是处在后期噪声更大的阶段。仅仅增加数据对噪声影响不大，"
        "除非样本少到要反复使用很多遍。大型项目同时增大数据、模型并降低目标损失。文章中的两个批大小还与其硬件有关。"
    ),
    "lesson.data_size.take": (
        "不要按数据集大小缩放批大小。先问这些数据要用来达到什么目标，再在该目标下测量临界批大小：在子集上运行 batchwright study，"
        "目标取最终想要的损失。"
    ),
    "lesson.data_size.part.grows_equal": "目标相同时，临界批大小随样本数增大（指数高于 0.2）。",
    "lesson.data_size.part.exponent_equal": "目标相同时，指数接近 0.45（0.3 至 0.6）。",
    "lesson.data_size.part.grows_allowed": "目标取数据所能达到的水平时，临界批大小随样本数增大（指数高于 0.2）。",
    "lesson.data_size.part.exponent_allowed": "目标取数据所能达到的水平时，指数接近 0.45（0.3 至 0.6）。",
    "lesson.data_size.number.exponent": "临界批大小对样本数的指数",
    "lesson.data_size.number.critical_batch": "临界批大小",
    "lesson.data_size.number.target": "数据所能达到的验证损失",
    "lesson.data_size.line.equal": "相同目标",
    "lesson.data_size.line.allowed": "数据所能达到的目标",
    "lesson.data_size.line.article": "指数 {exponent}",
    "lesson.data_size.axis.critical": "临界批大小",
    "lesson.data_size.critical.title": "临界批大小与样本数",
    "lesson.data_size.critical.takeaway": "两种目标与文章的指数并列；色带为各随机种子的范围。",
}

"""``lenet-batch-size`` 一课的文字。"""

STRINGS = {
    "lesson.lenet_batch_size.source": "第二篇文章：LeNet 的批大小",
    "lesson.lenet_batch_size.claim": (
        "在 LeNet 上，批越大，处理数据越快，但需要更多轮数，达到相同准确率所需的时间也长得多；存在一个时间上最优的批大小，"
        "以及另一个最终准确率最优的批大小；很小的批不收敛。"
    ),
    "lesson.lenet_batch_size.experiment": (
        "用 SGD 训练 LeNet，批大小为 1 到 128。达到目标验证准确率所需的轮数在未参与调参的随机种子上统计；每步用时单独测量，"
        "所有批大小轮流计时；两者相乘得到总时间。一次对所有批大小使用 0.1 的学习率（相当于文章中的固定学习率），"
        "一次为每个批大小分别调优。未达到目标的训练按其全部轮数计，这是偏低的估计。"
    ),
    "lesson.lenet_batch_size.otherwise": (
        "换一个固定学习率，占优的批大小也会改变：小学习率适合小批量，大学习率会使小批量发散。在 GPU 上，批大小为 128 的一步几乎不比 8 慢，"
        "时间上最优的批会更大。简版让 B = 1 训练 2 轮（2,874 次更新），完整版 20 轮，文章则给了 200 轮。"
    ),
    "lesson.lenet_batch_size.take": (
        "用同一个学习率比较批大小，比较的其实是学习率。应为每个批大小分别调优学习率，再用每步用时乘以达到目标的步数：这个乘积在中等批大小处最小。"
    ),
    "lesson.lenet_batch_size.part.faster_data": "批越大，处理数据越快：B = 128 的每样本耗时比 B = 8 至少少十分之一。",
    "lesson.lenet_batch_size.part.more_epochs_fixed": "学习率统一时，B = 128 所需轮数超过 B = 8 的 1.2 倍。",
    "lesson.lenet_batch_size.part.more_epochs_tuned": "学习率各自调优时，B = 128 所需轮数超过 B = 8 的 1.2 倍。",
    "lesson.lenet_batch_size.part.more_time_fixed": "学习率统一时，B = 128 所需时间超过最佳较小批的 1.5 倍。",
    "lesson.lenet_batch_size.part.more_time_tuned": "学习率各自调优时，B = 128 所需时间超过最佳较小批的 1.5 倍。",
    "lesson.lenet_batch_size.part.best_time_fixed": (
        "学习率统一时，存在时间上最优的批大小：1 和 128 所需时间都超过它的 1.1 倍。"
    ),
    "lesson.lenet_batch_size.part.best_time_tuned": (
        "学习率各自调优时，存在时间上最优的批大小：1 和 128 所需时间都超过它的 1.1 倍。"
    ),
    "lesson.lenet_batch_size.part.best_accuracy_fixed": (
        "学习率统一时，存在最终准确率最优的批大小：8 和 128 都比它低一个百分点以上。"
    ),
    "lesson.lenet_batch_size.part.best_accuracy_tuned": (
        "学习率各自调优时，存在最终准确率最优的批大小：8 和 128 都比它低一个百分点以上。"
    ),
    "lesson.lenet_batch_size.part.tiny_fixed": "学习率统一时，B = 1 的多数训练达不到目标。",
    "lesson.lenet_batch_size.part.tiny_tuned": "学习率调优后，B = 1 的多数训练达不到目标。",
    "lesson.lenet_batch_size.number.example_ratio": "B = 128 与此批大小的每样本耗时之比",
    "lesson.lenet_batch_size.number.epochs_ratio": "B = 128 与 B = 8 的轮数之比",
    "lesson.lenet_batch_size.number.seconds_ratio": "达到目标的时间与最佳批大小之比",
    "lesson.lenet_batch_size.number.accuracy_gap": "最佳批大小与此批大小的最终准确率之差",
    "lesson.lenet_batch_size.number.not_reached": "未达到目标的训练所占比例",
    "lesson.choice.fixed_rate": "统一",
    "lesson.lenet_batch_size.data.enlarged": (
        "LeNet 在 scikit-learn 的 {examples:count} 个 8x8 手写数字（放大为 28x28）上训练，"
        "目标准确率为 {target:measured}。"
    ),
    "lesson.lenet_batch_size.data.found": "LeNet 在 {task} 的 {examples:count} 个样本上训练，目标准确率为 {target:measured}。",
    "lesson.lenet_batch_size.same.more_epochs": "大批量需要更多轮数：调优与否，结论相同。",
    "lesson.lenet_batch_size.changed.more_epochs": "大批量需要更多轮数：调优后结论改变。",
    "lesson.lenet_batch_size.same.more_time": "大批量需要更多时间：调优与否，结论相同。",
    "lesson.lenet_batch_size.changed.more_time": "大批量需要更多时间：调优后结论改变。",
    "lesson.lenet_batch_size.same.best_time": "存在时间上最优的批大小：调优与否，结论相同。",
    "lesson.lenet_batch_size.changed.best_time": "存在时间上最优的批大小：调优后结论改变。",
    "lesson.lenet_batch_size.same.best_accuracy": "存在最终准确率最优的批大小：调优与否，结论相同。",
    "lesson.lenet_batch_size.changed.best_accuracy": "存在最终准确率最优的批大小：调优后结论改变。",
    "lesson.lenet_batch_size.same.tiny": "很小的批不收敛：调优与否，结论相同。",
    "lesson.lenet_batch_size.changed.tiny": "很小的批不收敛：调优后结论改变。",
    "lesson.lenet_batch_size.cost.title": "轮数、每轮耗时与达到目标的时间",
    "lesson.lenet_batch_size.cost.takeaway": "各自除以最小值。达到目标的时间是另外两者之积：最低点在哪里，取决于学习率是否调优。",
    "lesson.lenet_batch_size.final.title": "最终准确率",
    "lesson.lenet_batch_size.final.takeaway": "训练轮数相同；竖线为各随机种子的范围。",
    "lesson.lenet_batch_size.axis.normalised": "与最小值之比",
    "lesson.lenet_batch_size.line.epoch_seconds": "每轮耗时",
    "lesson.lenet_batch_size.line.epochs.fixed": "轮数，统一学习率",
    "lesson.lenet_batch_size.line.epochs.tuned": "轮数，调优",
    "lesson.lenet_batch_size.line.seconds.fixed": "时间，统一学习率",
    "lesson.lenet_batch_size.line.seconds.tuned": "时间，调优",
    "lesson.lenet_batch_size.line.final.fixed": "统一学习率",
    "lesson.lenet_batch_size.line.final.tuned": "调优",
}

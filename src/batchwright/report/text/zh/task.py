"""What is said of a task that was read in another way than its author may think, in Simplified Chinese."""

STRINGS = {
    "task.held_out": ("从训练样本中留出 {examples:count} 个（{share:percent}）作验证集，各类别按比例分配。"),
    "task.initialised_anew": (
        "每次运行都从 {model} 的一个副本开始，权重由 reset_parameters 重新初始化；不使用它现有的权重。"
        "若要从现有权重开始，请传入 model=lambda: copy.deepcopy(net)。"
    ),
    "task.weighted_loss": (
        "{loss} 带有类别权重或被忽略的标签：每个样本的损失除以 {weight:measured}，即训练样本的平均权重，"
        "这样一个样本的分量不受同批其他样本影响。"
    ),
    "task.no_fingerprint": "此任务不会重复使用任何已存储的结果，因为无法判断它是否改变过：{reason}。",
}

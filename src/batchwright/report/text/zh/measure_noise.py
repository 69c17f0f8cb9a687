"""What a measurement of gradient noise says of itself, in Simplified Chinese."""

STRINGS = {
    "noise_mode.evaluation": "评估模式：关闭 dropout，批归一化使用滑动统计量",
    "noise_mode.training": "训练模式：启用 dropout，每个样本各用一个掩码",
    "second_derivative.missing": "模型在此处没有二阶导数（{error}）",
    "second_derivative.zero": "它在此处的二阶导数全为零，或者其中某个算子没有二阶导数",
}

"""Nets as scikit-learn's estimators: arguments, data, training."""

ERRORS = {
    "'auto' needs a target that training can reach, and the validation loss never fell at learning rates from {} to {}: scale the inputs, or pass target": "'auto' 需要一个训练能够达到的目标，而学习率从 {0} 到 {1} 时验证损失从未下降：请对输入做缩放，或传入 target",
    "training diverged after {} updates: learning_rate must be smaller, got {}; inputs of very different sizes need a StandardScaler": "训练在 {0} 次更新后发散：learning_rate 必须更小，实际为 {1}；大小悬殊的输入需要 StandardScaler",
    "training failed: {}": "训练失败：{0}",
    "'auto' takes {} training examples or more, got {}: batch size {} and learning rate {} are used": "'auto' 需要至少 {0} 个训练样本，实际为 {1}：改用批大小 {2} 和学习率 {3}",
    "'auto' found no run that reaches the target: batch size {} and learning rate {} are used": "'auto' 没有找到达到目标的运行：改用批大小 {0} 和学习率 {1}",
    "'auto' is inconclusive ({}): its best guess is used, batch size {} and learning rate {}": "'auto' 没有定论（{0}）：采用其最佳猜测，批大小 {1}、学习率 {2}",
    "the optimizer's learning rate is learning_rate, got lr={} in optimizer": "优化器的学习率由 learning_rate 给出，而 optimizer 中写了 lr={0}",
    "batch_size='auto' tunes the learning rate with it: leave learning_rate out, got {}": "batch_size='auto' 会一并调整学习率：请不要给出 learning_rate，实际为 {0}",
    "dtype must be auto, float32 or float64, got {}": "dtype 必须是 auto、float32 或 float64，实际为 {0}",
    "module must be a function of inputs and outputs that builds an nn.Module, got {}": "module 必须是以输入数和输出数为参数、构造 nn.Module 的函数，实际为 {0}",
    "the labels must be of two classes or more, got one class: {}": "标签必须至少有两个类别，实际只有一个类别：{0}",
    "{} must be a whole number from 1 on, got {}": "{0} 必须是不小于 1 的整数，实际为 {1}",
    "{} must be a whole number from 1 on or {}, got {}": "{0} 必须是不小于 1 的整数或 {1}，实际为 {2}",
    "{} must be a number greater than 0, got {}": "{0} 必须是大于 0 的数，实际为 {1}",
    "{} must be a number greater than 0 or {}, got {}": "{0} 必须是大于 0 的数或 {1}，实际为 {2}",
}

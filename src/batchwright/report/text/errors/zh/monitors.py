"""Monitors of running loops."""

ERRORS = {
    "a micro-batch must give each parameter one gradient, got several backward passes over the same parameters: add its losses up and call backward once": "一个微批对每个参数只能有一个梯度，而同样的参数经过了多次反向传播：请把它的各项损失相加，只调用一次 backward",
    "the noise monitor needs whole gradients on every rank, got {}: use it where the model is not sharded, or DistributedDataParallel": "噪声监视器要求每个进程都有完整的梯度，实际为 {0}：请用于未分片的模型，或改用 DistributedDataParallel",
    "micro_batch_size must be below batch_size {}, got {}: the noise scale needs two micro-batches or ranks a step; split the batch by gradient accumulation": "micro_batch_size 必须小于 batch_size {0}，实际为 {1}：噪声尺度要求每步至少两个微批或两个进程；请用梯度累积拆分批",
    "examples must be at least batch_size {}, got {}": "examples 必须不小于 batch_size {0}，实际为 {1}",
    "a micro-batch needs examples above 0 and a weight of 0 or more, got {} and {}": "微批要求 examples 大于 0 且 weight 不小于 0，实际为 {0} 和 {1}",
    "micro_batch() must follow the backward pass of every micro-batch of a step, got {} calls and another pass: call it after the last one too": "同一步中每个微批的反向传播之后都必须调用 micro_batch()，实际调用了 {0} 次之后还有一次反向传播：最后一个微批之后也请调用",
    "a step must have batch_size / micro_batch_size = {} backward passes over all ranks, got {}: call micro_batch(examples=...) after each micro-batch": "一步之中各进程的反向传播总数必须为 batch_size / micro_batch_size = {0}，实际为 {1}：请在每个微批之后调用 micro_batch(examples=...)",
    "the noise callback needs automatic_optimization, got manual: use NoiseMonitor in training_step": "噪声回调要求 automatic_optimization，实际为手动优化：请在 training_step 中使用 NoiseMonitor",
    "the noise of an update needs two micro-batches or more, got {}": "一次更新的噪声至少需要两个微批，实际为 {0}",
}

"""What a task of the reader's own must be: model, data, loss, and whether they fit together."""

ERRORS = {
    # calling
    "the model returns {}: its loss is a mean over the batch and no logits are beside it, and one value an example is needed: return the logits, or say which part they are, as {}": "模型返回的是{0}：其中的损失是整个批的均值，又没有 logits，而这里需要每个样本一个损失值：请返回 logits，或指明哪一部分是 logits，例如 {1}",
    "the model returns {}, and the loss takes one tensor: say which part, as {}": "模型返回的是{0}，而损失函数只接受一个张量：请指明取哪一部分，例如 {1}",
    "a dictionary with {}": "含 {0} 的字典",
    # data
    "data must hold labels beside the inputs, got one array of shape {}: pass a pair, as (table[:, :-1], table[:, -1])": "数据除输入外还必须含有标签，实际只有一个形状为 {0} 的数组：请传入一对，例如 (table[:, :-1], table[:, -1])",
    "data must be a pair (inputs, targets), a dictionary with labels, a data set or a DataLoader, got {}": "数据必须是一对 (inputs, targets)、带标签的字典、数据集或 DataLoader，实际为 {0}",
    "a data split must have at least one example, got 0": "每个数据划分至少要有一个样本，实际为 0",
    "a data split must have at least one example, got an empty subset": "每个数据划分至少要有一个样本，实际是空子集",
    "a data split must have at least one example, got 0 from {}": "每个数据划分至少要有一个样本，实际从 {0} 得到 0 个",
    "inputs and targets must be numbers of one shape an example ({}): turn texts into numbers, pad rows to one length, or pass a data set with collate_fn": "输入和目标必须是数字，且各样本形状一致（{0}）：请把文本转成数字，把各行填充到等长，或传入带 collate_fn 的数据集",
    # loader and stream
    "a DataLoader with batch_size=None takes batches that somebody else made, and a study makes its own: pass the data set of single examples, as {}": "batch_size=None 的 DataLoader 取的是别处组好的批，而研究要自己组批：请传入由单个样本组成的数据集，例如 {0}",
    "a DataLoader's {} decides which examples go into one batch, and a study does: pass the data set alone, as {}": "DataLoader 的 {0} 决定哪些样本组成一批，而这应由研究决定：请只传入数据集，例如 {1}",
    "a DataLoader's {} decides how often an example is drawn, and a study draws each once an epoch: pass the data set alone, as {}, or a torch.utils.data.Subset of it": "DataLoader 的 {0} 决定每个样本被抽取的次数，而研究每轮只抽取每个样本一次：请只传入数据集，例如 {1}，或传入它的 torch.utils.data.Subset",
    "{} is read into memory, at most {} examples or {} GiB, and has more after {} examples: pass a part, as list(itertools.islice(dataset, {}))": "{0} 要读入内存，至多 {1} 个样本或 {2} GiB，而读了 {3} 个样本后仍未读完：请只传入一部分，例如 list(itertools.islice(dataset, {4}))",
    # loss
    "loss must be a name ({}), a torch loss module or a function of outputs and targets, got {}": "loss 必须是名称（{0}）、torch 的损失模块，或以输出和目标为参数的函数，实际为 {1}",
    "{} adds the examples of a batch up, and the gradient would grow with the batch size: leave reduction='sum' out, as {}()": "{0} 对批内样本求和，梯度会随批大小增大：请去掉 reduction='sum'，写成 {1}()",
    "class weights": "类别权重",
    "targets to ignore ({})": "被忽略的目标（{0}）",
    "a loss with {} needs the mean weight of an example, and targets are read item by item: pass the data as tensors, or a function, as loss=lambda outputs, targets: F.cross_entropy(outputs, targets, weight=weight, reduction='none')": "带有{0}的损失需要样本的平均权重，而这里的目标是逐个读取的：请以张量传入数据，或传入函数，例如 loss=lambda outputs, targets: F.cross_entropy(outputs, targets, weight=weight, reduction='none')",
    "every training target is ignored by the loss or has weight 0": "所有训练目标都被损失函数忽略，或权重为 0",
    # model
    "model must be a module, its class or a function that builds it, got {}: write model=lambda: Net(...)": "model 必须是模块、模块的类，或构造它的函数，实际为 {0}：请写成 model=lambda: Net(...)",
    "model must be called without arguments, and {} needs {}: write model=lambda: {}({})": "model 必须能无参数调用，而 {0} 需要 {1}：请写成 model=lambda: {2}({3})",
    "pass what builds it, as model=lambda: {}(...)": "请传入构造它的函数，例如 model=lambda: {0}(...)",
    "the module given as model cannot be copied for every run ({}): {}": "作为 model 给出的模块无法为每次训练复制（{0}）：{1}",
    "the module given as model cannot be initialised anew for every run: no reset_parameters draws {}: {}, or give {} a reset_parameters method": "作为 model 给出的模块无法为每次训练重新初始化：没有 reset_parameters 来重新抽取 {0}：{1}，或者为 {2} 添加 reset_parameters 方法",
    # trial
    "the model's sizes must be known before it sees data, and {} has none yet: name its number of inputs, as nn.Linear(64, 10) instead of nn.LazyLinear(10)": "模型各层的大小在见到数据之前就必须确定，而 {0} 还没有确定：请写明输入维数，例如用 nn.Linear(64, 10) 代替 nn.LazyLinear(10)",
    "loss(outputs, targets) fails for outputs of {} and targets of {}: {}: {}": "loss(outputs, targets) 在输出为 {0}、目标为 {1} 时出错：{2}: {3}",
    " and average over the rest, as .flatten(1).mean(1)": "，并对其余维度取平均，例如 .flatten(1).mean(1)",
    "loss(outputs, targets) must return one value an example, shape ({},) for {} of them, got {}: pass reduction='none' to torch's function{}, or name it, as loss='cross_entropy'": "loss(outputs, targets) 必须为每个样本返回一个值，即 {1} 个样本应得到形状 ({0},)，实际为 {2}：请给 torch 的函数传入 reduction='none'{3}，或直接写名称，例如 loss='cross_entropy'",
    "targets must be classes from 0 to {}, for the model has {} outputs, got {}": "目标必须是 0 到 {0} 的类别，因为模型有 {1} 个输出，实际为 {2}",
    "loss must be given, as loss='cross_entropy' (or {}), a torch loss module or a function with one value an example": "必须给出 loss，例如 loss='cross_entropy'（或 {0}）、torch 的损失模块，或每个样本返回一个值的函数",
    "the model's own loss is {} where the cross entropy of its logits is {}, and one value an example is needed: pass a function that computes the same without the mean over the batch; where each token predicts the next one, loss=lambda z, y: F.cross_entropy(z[:, :-1].movedim(-1, 1), y[:, 1:], reduction='none').mean(1)": "模型自带的损失为 {0}，而其 logits 的交叉熵为 {1}，这里又需要每个样本一个值：请传入计算相同损失但不对批取均值的函数；若每个词元预测下一个词元，可用 loss=lambda z, y: F.cross_entropy(z[:, :-1].movedim(-1, 1), y[:, 1:], reduction='none').mean(1)",
    "the model fails on its training inputs of {}: {}: {}": "模型在其训练输入（{0}）上出错：{1}: {2}",
    "the first training examples do not make a batch: {}: {}; return tensors or numbers from the data set, or pass collate_fn": "前几个训练样本无法组成一个批：{0}: {1}；请让数据集返回张量或数字，或传入 collate_fn",
    # labels
    "a batch must hold inputs beside its labels, got only {}": "一个批除标签外还必须含有输入，实际只有 {0}",
    "a batch must be a pair (inputs, targets) or a dictionary with labels, got {}: make one with collate_fn=lambda items: (torch.stack([i[0] for i in items]), torch.tensor([i[1] for i in items]))": "一个批必须是一对 (inputs, targets) 或带标签的字典，实际为 {0}：可用 collate_fn=lambda items: (torch.stack([i[0] for i in items]), torch.tensor([i[1] for i in items])) 生成",
    "a dictionary of data must hold its labels under {} or {}, got {}: rename one, or pass a pair (inputs, labels)": "数据字典必须以 {0} 或 {1} 为键存放标签，实际的键为 {2}：请改名，或传入一对 (inputs, labels)",
}

LIBRARIES = {
    "{} parts": " {0} 个部分",
    "shape {}": "形状 {0}",
    "type {}": "类型 {0}",
}

TAILS = {
    "; count classes from 0, as y - 1": "；类别应从 0 数起，例如 y - 1",
    "; pass images as floats, as (x.float() / 255, y)": "；请以浮点数传入图像，例如 (x.float() / 255, y)",
}

"""``normalisation`` 一课的文字。"""

STRINGS = {
    "lesson.normalisation.source": "第四篇文章：归一化（只提到，没有实验）",
    "lesson.normalisation.claim": "归一化使梯度更通畅，训练更快，也更不依赖初始值。",
    "lesson.normalisation.experiment": (
        "手写数字分三种处理：像素保持原样（0 至 16）；像素标准化为均值 0、标准差 1；在此基础上每个 ReLU 之前再加批归一化。每一种都与前一种比较。"
        "在初始点：比较 2 个和 8 个隐藏层时第一层的梯度，并求训练损失 Hessian 的完整谱。然后用批大小 64 训练到损失 0.3，学习率各自在另外的随机种子上调优，"
        "初始权重取通常大小的十分之一、一倍和十倍。最后在批大小 2 至 256 下考察批归一化，各训练两轮。"
    ),
    "lesson.normalisation.otherwise": (
        "像素本来就在同一尺度上，属于温和的情形：特征大小悬殊时，输入标准化的收益大得多。专为深度设计的初始化（He 等人）能取得批归一化的大部分好处。"
        "批归一化的统计量来自一个批，因而效果取决于批大小；层归一化和组归一化则不然。"
    ),
    "lesson.normalisation.take": (
        "输入要标准化，这不花什么代价。批归一化使初始值和学习率不那么要紧；但一批只有寥寥几个样本时，其统计量主要是噪声，"
        "在单个样本内部归一化的方法更合适。只要改动了归一化，就应重新调学习率。"
    ),
    "lesson.normalisation.part.gradient_flow": "归一化使梯度更通畅：第一层的梯度随网络深度的变化更小。",
    "lesson.normalisation.part.better_condition": "归一化改善初始点处 Hessian 的条件数。",
    "lesson.normalisation.part.faster": "归一化使训练更快：学习率调优后，达到目标所需的更新次数至少少五分之一。",
    "lesson.normalisation.part.less_dependent_on_the_start": "批归一化使训练更不依赖初始权重的大小。",
    "lesson.normalisation.part.batch_norm_at_every_size": "在任何批大小下，看过同样多的样本后，批归一化都使验证损失更低。",
    "lesson.normalisation.number.change_with_depth": "随深度的变化与前一种网络之比",
    "lesson.normalisation.number.gradient_change": "梯度随深度变化的倍数",
    "lesson.normalisation.number.condition_ratio": "条件数与前一种网络之比",
    "lesson.normalisation.number.updates_ratio": "达到目标的更新次数与前一种网络之比",
    "lesson.normalisation.number.updates_to_target": "达到目标的更新次数",
    "lesson.normalisation.number.spread_ratio": "不同初始尺度间的差距，有无批归一化之比",
    "lesson.normalisation.number.spread_over_scales": "三种初始尺度中最多与最少更新次数之比",
    "lesson.normalisation.number.loss_ratio": "有无批归一化的验证损失之比",
    "lesson.normalisation.nets": "归一化的对象为：{holds:list}；以下不成立：{does_not_hold:list}",
    "lesson.normalisation.ranks": "网络及所比较特征值的序号为：{holds:list}；以下不成立：{does_not_hold:list}",
    "lesson.normalisation.sizes": "批大小为 {holds:list}；为 {does_not_hold:list} 时不成立",
    "lesson.setting.net": "归一化对象",
    "lesson.setting.rank": "序号",
    "lesson.choice.raw": "原始像素",
    "lesson.choice.inputs": "输入",
    "lesson.choice.batch_norm": "输入与批归一化",
    "lesson.choice.inputs_30": "输入，第 30 个",
    "lesson.choice.inputs_60": "输入，第 60 个",
    "lesson.choice.inputs_150": "输入，第 150 个",
    "lesson.choice.batch_norm_30": "批归一化，第 30 个",
    "lesson.choice.batch_norm_60": "批归一化，第 60 个",
    "lesson.choice.batch_norm_150": "批归一化，第 150 个",
    "lesson.normalisation.axis.rank": "特征值序号",
    "lesson.normalisation.axis.eigenvalue": "特征值与最大特征值之比",
    "lesson.normalisation.axis.scale": "初始权重（通常大小的倍数）",
    "lesson.normalisation.axis.updates": "达到目标的更新次数",
    "lesson.normalisation.spectra.title": "初始点处的 Hessian 谱",
    "lesson.normalisation.spectra.takeaway": "曲线下降越慢，同一个学习率能照顾的方向越多。",
    "lesson.normalisation.scales.title": "不同初始尺度下达到目标的更新次数（上限 {most:count}）",
    "lesson.normalisation.scales.takeaway": "曲线平坦，说明不在意从哪里开始。",
    "lesson.normalisation.sizes_panel.title": "不同批大小下的批归一化，{epochs} 轮之后",
    "lesson.normalisation.sizes_panel.takeaway": "一批只有两个样本时，统计量主要是噪声。色带为各随机种子的范围。",
}

"""``weight-decay`` 一课的文字。"""

STRINGS = {
    "lesson.weight_decay.source": "第四篇文章：正则化",
    "lesson.weight_decay.claim": "权重衰减既不为准确率也不为速度，而是为了防止过拟合；L2 收缩权重，L1 选择权重。",
    "lesson.weight_decay.experiment": (
        "用 300 个手写数字训练网络，其中五分之一的标签是错的（每个随机种子各不相同），批大小 32，共 40 轮。"
        "比较有无衰减，双方各取在另外的随机种子上最佳的学习率与强度；再在 SGD 和 Adam 下比较梯度中的 L2 与解耦衰减。"
        "然后是 60 行、20 个特征（其中 4 个有用）的回归：在 19 个强度上精确求解岭回归与 lasso，与 scikit-learn 对照，"
        "并分别用近端步和次梯度步求解 lasso。"
    ),
    "lesson.weight_decay.otherwise": (
        "学习率小或轮数少，训练在过拟合之前就已停下，衰减便无多少事可做。标签正确且数据充足时没有多少可过拟合的，衰减对损失和准确率影响都不大。"
        "在带批归一化的网络里，衰减更多是改变有效学习率，而不是改变函数。特征相关时，L1 在其中的选择带有偶然性。"
    ),
    "lesson.weight_decay.take": (
        "数据少或噪声大时，应把衰减与学习率一起调优，并把损失和准确率分开看。用 Adam 时选解耦形式，其最佳强度与 L2 往往相差几个数量级。"
        "想要精确的零，就用近端步（`l1`）。"
    ),
    "lesson.weight_decay.part.against_overfitting": "样本少且有噪声时，双方各取最佳学习率，衰减仍使验证损失降低 5% 以上。",
    "lesson.weight_decay.part.at_every_rate": "无论学习率快慢都是如此。",
    "lesson.weight_decay.part.not_for_accuracy": "双方各取最佳学习率时，衰减带来的验证准确率提升不到一个百分点。",
    "lesson.weight_decay.part.not_for_speed": "衰减不加快训练：更新次数和学习率相同时，训练损失反而更高。",
    "lesson.weight_decay.part.forms_are_the_same": "强度相同时，解耦衰减与梯度中的 L2 是一回事（训练损失相差不超过 2%）。",
    "lesson.weight_decay.part.decoupled_is_better_under_adam": "在 Adam 下，各取最佳强度时，解耦衰减的验证损失比 L2 低 5% 以上。",
    "lesson.weight_decay.part.paths_agree": "岭回归与 lasso 路径与 scikit-learn 一致，误差分别在 10⁻¹⁰ 与 10⁻⁸ 以内，且零的位置相同。",
    "lesson.weight_decay.part.l2_shrinks": "取最佳强度时，L2 使权重收缩。",
    "lesson.weight_decay.part.l1_selects": "取最佳强度时，L1 剔除四分之一以上的无用特征。",
    "lesson.weight_decay.part.l1_finds_them": "在多数问题上，它恰好只保留有用的特征。",
    "lesson.weight_decay.part.proximal_zeros": "近端步置零的权重恰好就是 lasso 置零的权重。",
    "lesson.weight_decay.part.subgradient_zeros": "次梯度步也能把权重置零。",
    "lesson.weight_decay.number.validation_loss_ratio": "有衰减与无衰减的验证损失之比",
    "lesson.weight_decay.number.train_loss_ratio": "有衰减与无衰减的训练损失之比",
    "lesson.weight_decay.number.accuracy_gained": "衰减带来的验证准确率提升",
    "lesson.weight_decay.number.train_loss_same_rate": "学习率相同时，有无衰减的训练损失之比",
    "lesson.weight_decay.number.decoupled_over_l2": "强度相同时，解耦与 L2 的训练损失之比",
    "lesson.weight_decay.number.accuracy_gained_same_rate": "同取较大学习率时的准确率提升",
    "lesson.weight_decay.number.tuned_decoupled_over_l2": "各自调优后，解耦与 L2 的验证损失之比",
    "lesson.weight_decay.number.ridge_gap": "岭回归与 scikit-learn 的最大差",
    "lesson.weight_decay.number.lasso_gap": "lasso 与 scikit-learn 的最大差",
    "lesson.weight_decay.number.zeros_agree": "零的位置与 scikit-learn 相同的 lasso 路径所占比例",
    "lesson.weight_decay.number.ridge_norm": "岭回归权重范数与几乎无惩罚时之比",
    "lesson.weight_decay.number.ridge_zeros": "岭回归中零所占的最大比例",
    "lesson.weight_decay.number.idle_left_out": "lasso 剔除的无用特征所占比例",
    "lesson.weight_decay.number.support_found": "恰好只保留有用特征的问题所占比例",
    "lesson.weight_decay.number.true_kept": "lasso 保留的有用特征所占比例",
    "lesson.weight_decay.number.exact_zeros": "20 个权重中精确为零的个数",
    "lesson.weight_decay.number.zeros_match": "零的位置与 lasso 相同的问题所占比例",
    "lesson.weight_decay.number.loss_ratio_same_rate": "学习率相同时，有无衰减的验证损失之比",
    "lesson.weight_decay.number.best_l2": "L2 的最佳强度",
    "lesson.weight_decay.rates": "学习率为 {holds:list}；为 {does_not_hold:list} 时不成立",
    "lesson.weight_decay.optimizers": "优化器为 {holds:list}；为 {does_not_hold:list} 时不成立",
    "lesson.setting.strength": "强度",
    "lesson.setting.steps": "步的种类",
    "lesson.choice.solution": "精确的 lasso",
    "lesson.choice.proximal": "近端",
    "lesson.choice.subgradient": "次梯度",
    "lesson.weight_decay.line.matters": "有用的特征",
    "lesson.weight_decay.line.idle": "无用的特征",
    "lesson.weight_decay.axis.strength": "惩罚强度",
    "lesson.weight_decay.axis.coefficient": "权重",
    "lesson.weight_decay.strength.title": "少量含噪标签上的网络，学习率 {lr:rate}",
    "lesson.weight_decay.strength.takeaway": "训练损失随强度只升不降；验证损失在中间某处最低。",
    "lesson.weight_decay.ridge.title": "岭回归",
    "lesson.weight_decay.ridge.takeaway": "所有权重一起收缩，没有一个为零。",
    "lesson.weight_decay.lasso.title": "Lasso",
    "lesson.weight_decay.lasso.takeaway": "权重逐个变为零，有用的最后。",
}

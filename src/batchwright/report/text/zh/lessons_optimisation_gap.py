"""``optimisation-gap`` 一课的文字。"""

STRINGS = {
    "lesson.optimisation_gap.source": "第五篇文章：小批量与大批量",
    "lesson.optimisation_gap.claim": "批越大，准确率越差，在训练数据上也是如此：这是优化问题，因为带噪声的更新有助于训练。",
    "lesson.optimisation_gap.experiment": (
        "在 1,437 个手写数字上训练一个全连接网络，批大小为 8、64、512 和全部样本：一次各训练 10 轮，此时小批量的更新次数是全批量的 180 倍；"
        "一次各做 400 次更新，此时全批量看到的样本数是小批量的 180 倍。学习率要么对所有批大小相同（0.05 和 0.2），"
        "要么针对每种批大小和每种训练量分别调到训练损失最低；调参所用的随机种子与报告结果的种子不同。"
    ),
    "lesson.optimisation_gap.otherwise": (
        "如果轮数多到全批量也能做足够多的更新，相同轮数下的差距就会消失。若损失曲面上有较差的极小值或鞍点挡路，"
        "噪声的帮助可能比这里看到的更大；这个网络没有值得一提的此类障碍。训练损失为零时验证准确率如何是另一个问题，见泛化一课。"
    ),
    "lesson.optimisation_gap.take": (
        "比较批大小之前，先说清楚什么是相同的。轮数相同时，大批量受制于更新次数少，沿用小批量的学习率时尤其如此："
        "应提高学习率，并训练更久。梯度更精确本身并不是缺点。"
    ),
    "lesson.optimisation_gap.part.worse_training_fixed": (
        "轮数相同且学习率统一时，全批量的最终训练准确率比 B = 8 低一个百分点以上。"
    ),
    "lesson.optimisation_gap.part.worse_validation_fixed": "在验证数据上也是如此。",
    "lesson.optimisation_gap.part.worse_training_tuned": "轮数相同且各自调好学习率时，训练准确率仍低一个百分点以上。",
    "lesson.optimisation_gap.part.worse_validation_tuned": "轮数相同且各自调好学习率时，验证准确率仍低一个百分点以上。",
    "lesson.optimisation_gap.part.worse_updates_fixed": "更新次数相同且学习率统一时，全批量的训练准确率低一个百分点以上。",
    "lesson.optimisation_gap.part.worse_updates_tuned": "更新次数相同且各自调好学习率时，全批量的训练准确率低一个百分点以上。",
    "lesson.optimisation_gap.part.noise_helps": (
        "带噪声的更新有助于训练：更新次数相同且各自调好学习率时，B = 8 的训练损失更低。"
    ),
    "lesson.optimisation_gap.rates": "学习率属于：{holds:list}；不包括：{does_not_hold:list}",
    "lesson.optimisation_gap.number.train_gap": "B = 8 与更大批的训练准确率之差",
    "lesson.optimisation_gap.number.validation_gap": "B = 8 与更大批的验证准确率之差",
    "lesson.optimisation_gap.number.loss_ratio": "B = 8 与更大批的训练损失之比",
    "lesson.setting.rates": "学习率",
    "lesson.choice.tuned_rate": "调优",
    "lesson.optimisation_gap.epochs.title": "轮数相同",
    "lesson.optimisation_gap.epochs.takeaway": "学习率统一时，准确率随批增大而下降；调优学习率会抬高右端。虚线为验证准确率。",
    "lesson.optimisation_gap.updates.title": "更新次数相同",
    "lesson.optimisation_gap.updates.takeaway": "各批大小的更新次数相同时，高低次序如何变化。虚线为验证准确率。",
    "lesson.optimisation_gap.line.fixed.train": "学习率 {rate}，训练",
    "lesson.optimisation_gap.line.fixed.validation": "学习率 {rate}，验证",
    "lesson.optimisation_gap.line.tuned.train": "调优，训练",
    "lesson.optimisation_gap.line.tuned.validation": "调优，验证",
}

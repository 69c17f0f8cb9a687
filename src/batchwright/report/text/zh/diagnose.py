"""What a training log shows, where it comes from and what to change."""

STRINGS = {
    "diagnose.title": "{source}：日志诊断",
    "diagnose.eyebrow": "{source} · 按 {format} 格式读取 · {count:count} 行",
    "diagnose.nothing": "没有异常：{count:count} 个损失值中，没有任何规律明显超出噪声和趋势。",
    "diagnose.no_training": "日志中没有训练损失，因此没有作任何判断。",
    "diagnose.of_run": "{run}：{words}",
    "diagnose.cause": "原因：{words}",
    "diagnose.advice": "建议：{words}",
    "diagnose.against": "为何不是其他原因：{words}",
    "diagnose.reasons": "{first}；{second}",
    "diagnose.next.figure": "对照原始损失与按轮平均的损失",
    "diagnose.fact.findings": "发现",
    "diagnose.fact.losses": "训练损失个数",
    "diagnose.fact.epoch": "每轮行数",
    "diagnose.fact.confidence": "置信度",
    "diagnose.findings": "诊断结果",
    "diagnose.findings.caption": "最重要的排在最前；置信度指原因确如所述的把握。",
    "diagnose.column.kind": "发现",
    "diagnose.column.run": "运行",
    "diagnose.column.series": "序列",
    "diagnose.column.period": "周期（行）",
    "diagnose.column.steps": "周期（步）",
    "diagnose.column.confidence": "置信度",
    "diagnose.series": "读到的内容",
    "diagnose.series.caption": "日志中的全部序列；若旁边有单步损失，滑动累计均值只读取、不作判断。",
    "diagnose.column.role": "含义",
    "diagnose.column.length": "个数",
    "diagnose.column.x": "横轴",
    "diagnose.figure.title": "原始损失及其均值",
    "diagnose.figure.takeaway.epoch": "按轮平均的损失反映训练进展；原始损失围绕它的起伏，要么逐轮重复，要么是噪声。",
    "diagnose.figure.takeaway.stretch": "轮次未知，因此按每 {window:count} 行取平均。",
    "diagnose.role.train": "训练损失",
    "diagnose.role.validation": "验证损失",
    "diagnose.role.lr": "学习率",
    "diagnose.role.other": "其他",
    "diagnose.role.mean": "{role}（累计均值）",
    "diagnose.x.updates": "更新步",
    "diagnose.x.examples": "样本",
    "diagnose.x.epochs": "轮",
    "diagnose.x.lines": "日志行",
    "diagnose.draw.raw": "原始记录",
    "diagnose.draw.epoch_mean": "按轮平均",
    "diagnose.draw.mean": "每 {window:count} 行平均",
    "diagnose.draw.validation": "验证",
    "diagnose.kind.divergence": "发散",
    "diagnose.kind.batch_order": "批次顺序固定",
    "diagnose.kind.last_update_divided": "最后一次更新除数过大",
    "diagnose.kind.loss_times_accumulation": "损失被乘以梯度累积步数",
    "diagnose.kind.running_mean_reset": "累计均值每轮清零",
    "diagnose.kind.overfitting": "过拟合",
    "diagnose.kind.resumed": "断点续训",
    "diagnose.kind.adam_sawtooth": "真实的锯齿",
    "diagnose.kind.epoch_stairs": "逐轮台阶",
    "diagnose.kind.spikes": "尖峰",
    "diagnose.kind.decay_too_early": "学习率衰减过早",
    "diagnose.kind.decay_too_late": "学习率衰减过晚",
    "diagnose.kind.never_decayed": "学习率从未衰减",
    "diagnose.kind.plateau": "平台期",
    "diagnose.kind.validation_below_training": "验证损失低于训练损失",
    "diagnose.kind.not_logged_enough": "记录太少",
    "diagnose.found.divergence": (
        "训练发散：损失在第 {line:count} 行达到最低 {best:measured}，随后升到 {last:measured}（起始为 {start:measured}）。"
    ),
    "diagnose.cause.divergence": "相对该处的曲率，步长过大：通常是学习率的问题。",
    "diagnose.advice.divergence": "回到第 {line:count} 行之前的检查点；把学习率减半，延长预热，并裁剪梯度。",
    "diagnose.found.divergence.not_finite": (
        "训练在第 {line:count} 行崩溃：此后有 {lines:count} 个损失为 nan 或无穷大。"
    ),
    "diagnose.cause.divergence.not_finite": (
        "数值溢出：步长过大，使用 float16 却没有损失缩放，或损失中出现对 0 取对数、除以 0。"
    ),
    "diagnose.advice.divergence.not_finite": (
        "回到第 {line:count} 行之前的检查点；降低学习率或裁剪梯度，并使用 bfloat16 或损失缩放。"
    ),
    "diagnose.found.divergence.never_finite": "没有一个损失是有效数值：全部 {lines:count} 个都是 nan 或无穷大。",
    "diagnose.cause.divergence.never_finite": "输入或目标中含有 nan，或损失在初始点没有定义。",
    "diagnose.advice.divergence.never_finite": "取一个批次逐项检查：先输入，再目标、输出，最后损失。",
    "diagnose.found.batch_order": (
        "这些条带就是各个批次：每轮每隔 {period:count} 行重复同样的偏移，相差 {width:measured}，是其逐轮变化的 "
        "{signal_to_noise:measured} 倍（共 {epochs:count} 轮）。"
    ),
    "diagnose.found.batch_order.period_found": (
        "损失每隔 {period:count} 行重复一次：相差 {width:measured} 的偏移重现了 {epochs:count} 次，是其变化的 "
        "{signal_to_noise:measured} 倍；很可能是批次顺序固定的一轮。"
    ),
    "diagnose.cause.batch_order": "批次顺序固定：每轮在同样的位置遇到同样的批次，而每个批次有自己的损失水平。",
    "diagnose.cause.batch_order.period_found": "很可能是批次顺序固定，{period:count} 行为一轮；日志本身没有记录轮次。",
    "diagnose.advice.batch_order": "每轮重新打乱样本（shuffle=True）；判断进展时看按轮平均的损失。",
    "diagnose.advice.batch_order.period_found": "每轮重新打乱样本（shuffle=True），记录轮次，并看按轮平均的损失。",
    "diagnose.found.last_update_divided": (
        "每轮最后一个损失都是其余损失的 {ratio:measured} 倍（末尾为 {others:measured} 和 {last:measured}），"
        "全部 {epochs:count} 轮皆如此。"
    ),
    "diagnose.cause.last_update_divided": (
        "每轮最后一次更新的微批次较少，其总和却仍除以完整的梯度累积步数；梯度也因此小了同样的倍数。"
    ),
    "diagnose.advice.last_update_divided": "除以实际累加的微批次数，或丢弃不完整的更新。",
    "diagnose.found.loss_times_accumulation": (
        "从第一次到最后一次评估，训练损失始终是验证损失的 {ratio:measured} 倍，接近 {multiple:count} 倍。"
    ),
    "diagnose.cause.loss_times_accumulation": (
        "记录的损失是 {multiple:count} 个梯度累积步（或设备）之和，没有除以其个数。"
    ),
    "diagnose.advice.loss_times_accumulation": (
        "记录之前先把损失除以累积步数，并检查梯度是否也已相除：若没有，学习率等于放大了 {multiple:count} 倍。"
    ),
    "diagnose.found.running_mean_reset": (
        "锯齿是记录方式造成的：每轮之内噪声按 1/k 减小（指数 {noise_slope:.2f}），正如每轮从头开始的累计均值。"
    ),
    "diagnose.cause.running_mean_reset": "记录的是本轮至今损失的平均值；新一轮开始时清零，于是降到当前水平。",
    "diagnose.advice.running_mean_reset": "训练本身没有问题。请记录每个损失，或最近固定个数损失的平均值。",
    "diagnose.found.running_mean_reset.stated": (
        "锯齿是记录方式造成的：这种格式打印的是本轮至今的平均值，每轮从头开始（中位降幅 {drop:measured}）。"
    ),
    "diagnose.cause.running_mean_reset.stated": "进度条显示的是本轮至今损失的平均值；新一轮开始时清零。",
    "diagnose.advice.running_mean_reset.stated": "训练本身没有问题。请用每轮最后一行比较各轮，或记录单步损失。",
    "diagnose.found.overfitting": (
        "过拟合：验证损失在 {at:count} {x} 处最低，为 {best:measured}，此后上升了 {rise:percent}，"
        "而训练损失继续降到 {train_last:measured}。"
    ),
    "diagnose.cause.overfitting": "模型继续记住训练样本，而不再学到可以泛化的东西。",
    "diagnose.advice.overfitting": (
        "保留 {at:count} {x} 处的权重（早停）；其次是更多数据或数据增强、权重衰减、dropout。"
    ),
    "diagnose.found.resumed": (
        "训练曾经续训：在第 {record:count} 条记录处，{x} 从 {reached:count} 退回到 {continued_at:count}。"
    ),
    "diagnose.cause.resumed": "从较早的检查点继续训练，并写入了同一个日志。",
    "diagnose.advice.resumed": (
        "作图时以步数而不是行数为横轴；这里略去了重复的 {repeated:count} 条记录。"
        "请确认样本顺序、优化器状态和学习率调度也已恢复。"
    ),
    "diagnose.found.adam_sawtooth": (
        "真实的锯齿：每轮开始时损失下降 {fall:measured}（占 {falling:percent} 的轮次），随后在轮内缓慢回升 {creep:measured}。"
    ),
    "diagnose.cause.adam_sawtooth": (
        "类 Adam 优化器在每轮重新打乱样本时的已知现象：有的样本刚见过不久又再次遇到，加上二阶矩的记忆"
        "（arXiv 2410.10056）。批次顺序并不固定。"
    ),
    "diagnose.advice.adam_sawtooth": "不是缺陷：请看按轮平均的损失。增大 beta_2 或有放回抽样会减弱它。",
    "diagnose.found.epoch_stairs": (
        "台阶：{share:percent} 的下降发生在各轮开始处，每次 {fall:measured}，其间几乎不变。"
    ),
    "diagnose.cause.epoch_stairs": "模型记住了样本：再次见到时，损失立刻更低，与其他样本无关。",
    "diagnose.advice.epoch_stairs": "请看验证损失，台阶说明不了泛化；减少轮数或增加数据。",
    "diagnose.found.spikes": (
        "有 {count:count} 行远高于相邻各行，最高在第 {line:count} 行：{peak:measured}，而当时水平为 {level:measured}"
        "（噪声的 {noise_sds:count} 倍）；损失随后恢复。"
    ),
    "diagnose.cause.spikes": "个别步走得过远：学习率接近稳定边界，二阶矩过小，或某个批次有问题。",
    "diagnose.advice.spikes": "裁剪梯度，降低学习率或 Adam 的 beta_2；检查这些行对应的批次。",
    "diagnose.found.spikes.same_phase": (
        "有 {count:count} 个尖峰，大多在每轮的第 {phase:count} 行，最高 {peak:measured}，而当时水平为 {level:measured}。"
    ),
    "diagnose.cause.spikes.same_phase": "同一个批次总在同一位置出现，而它有问题。",
    "diagnose.advice.spikes.same_phase": "检查该批次的样本，并在每轮重新打乱。",
    "diagnose.found.decay_too_early": (
        "学习率降得过早：在第 {line:count} 行损失仍在下降（之前一段降了 {fall_before:measured}，之后等长的一段只降 "
        "{fall_after:measured}）。"
    ),
    "diagnose.cause.decay_too_early": (
        "学习率在训练的 {share:percent} 处缩小到 1/{factor:measured}；此后步子太小，难以继续下降。"
    ),
    "diagnose.advice.decay_too_early": "等损失停在噪声中再降；或者平滑地衰减到最后。",
    "diagnose.found.decay_too_late": (
        "学习率降得过晚：损失已停滞 {waited_lines:count} 行（占训练的 {waited:percent}），而降低学习率立刻带来 "
        "{gain:measured} 的下降。"
    ),
    "diagnose.cause.decay_too_late": "学习率对进一步下降来说过大，损失停留在它的噪声里。",
    "diagnose.advice.decay_too_late": "损失一停滞就降低学习率：继续等待没有收益。",
    "diagnose.found.never_decayed": (
        "学习率从未下降（一直是 {lr:rate}），而损失在训练的 {waited:percent} 时间里停在 {level:measured} 的噪声中。"
    ),
    "diagnose.cause.never_decayed": "学习率恒定时，更新的噪声使损失高于本可达到的水平。",
    "diagnose.advice.never_decayed": "在训练的最后阶段把学习率衰减到接近 0，或者增大批量。",
    "diagnose.found.plateau": (
        "平台期：训练最后的 {share:percent}（从第 {line:count} 行起），损失停在 {level:measured}。"
    ),
    "diagnose.cause.plateau": "仅凭日志无法判断：可能是模型已到极限，学习率过大或过小，或者噪声。",
    "diagnose.advice.plateau": "试着降低一次学习率：若损失立刻下降，原因就是噪声。",
    "diagnose.found.plateau.at_start": (
        "开始阶段的平台期：训练的前 {share:percent}（到第 {line:count} 行）损失停在 {level:measured}，之后才下降。"
    ),
    "diagnose.cause.plateau.at_start": "初始权重附近是平坦区域或鞍点，或者预热过长。",
    "diagnose.advice.plateau.at_start": "改进初始化或归一化，使用动量或自适应优化器，缩短预热。",
    "diagnose.found.plateau.between": (
        "途中的平台期：有 {share:percent} 的训练（第 {from_line:count} 到 {line:count} 行）损失停在 {level:measured}，之后继续下降。"
    ),
    "diagnose.cause.plateau.between": "鞍点或平坦区域，或者学习率有变化而日志没有记录。",
    "diagnose.advice.plateau.between": (
        "动量、自适应优化器或更小的批量能更快离开；请记录学习率以排除它的影响。"
    ),
    "diagnose.found.plateau.never_falls": "损失没有下降：全部 {lines:count} 行都停在 {level:measured}。",
    "diagnose.cause.plateau.never_falls": "什么也没有学到：梯度到不了权重，学习率严重不当，或标签与输入不对应。",
    "diagnose.advice.plateau.never_falls": (
        "先只用一个批次训练，直到损失接近 0；若做不到，先查梯度范数，再查学习率。"
    ),
    "diagnose.found.validation_below_training": (
        "验证损失始终比训练损失低 {part:percent}（占后半程评估的 {share:percent}）。"
    ),
    "diagnose.cause.validation_below_training": (
        "dropout 和数据增强只在训练时生效，或验证样本更容易，或验证样本在训练中出现过。"
    ),
    "diagnose.advice.validation_below_training": (
        "用评估模式也评估一遍训练样本；若差距仍在，检查数据是如何划分的。"
    ),
    "diagnose.found.not_logged_enough": "损失值太少，无法判断：只有 {values} 个，至少需要 {needed} 个。",
    "diagnose.cause.not_logged_enough": "日志太短。",
    "diagnose.advice.not_logged_enough": "每轮记录若干个损失，并记录若干轮。",
    "diagnose.against.reshuffled": "若每轮重新打乱，相邻两轮的偏移应互不相关（这里的相关系数为 {agreement:.2f}）",
    "diagnose.against.sawtooth": "锯齿应在轮内逐渐上升（这只解释了偏移的 {rising:percent}）",
    "diagnose.against.drawn_anew": "若批次重新抽取，偏移的变化应更大（这里偏移是其变化的 {ratio:measured} 倍）",
    "diagnose.against.running_mean": "累计均值的噪声应在轮内按 1/k 减小（这里的指数为 {slope:.2f}）",
    "diagnose.against.single_losses": "单步损失的噪声在轮内应保持不变（这里的指数为 {slope:.2f}，而不是 0）",
    "diagnose.against.fixed_order": (
        "若顺序固定，每个位置应有自己的偏移，而不是随轮内进程上升（一致性 {agreement:.2f}，为其变化的 {ratio:measured} 倍）"
    ),
    "diagnose.against.own_losses": "若只是各批次损失不同，水平下降时比值不会一直保持 {ratio:measured}",
    "diagnose.against.chance": "上升幅度 {rise:measured} 超出了各次评估之间的噪声 {noise:measured}",
    "diagnose.against.lag": "轮内平均的滞后不足以解释：与之后的训练损失相比，仍差 {gap:measured}",
    "diagnose.against.real_gap": "真实的差距会随训练扩大（而比值始终在 {low:measured} 与 {high:measured} 之间）",
    "diagnose.against.bad_batch": "若是某个坏批次，应总出现在每轮的同一位置（{count} 个尖峰分布在 {places} 处）",
    "diagnose.note.unread": "{lines:count} 行中有 {count:count} 行本应有数值却无法读取。",
    "diagnose.note.left_out": "另有 {count:count} 个序列未读取。",
    "diagnose.note.no_training_loss": "有一次运行没有训练损失，未作判断。",
    "diagnose.note.one_line_an_epoch": "每轮只有一行，看不到轮内的情况（批次顺序、清零）：请每轮多记录几次。",
    "diagnose.note.no_epochs": "日志没有记录轮次，只能在所有可能的周期中寻找逐轮重复的规律，灵敏度较低。",
    "diagnose.note.phases_vary": (
        "各轮的记录落在不同的位置（每轮 {lines:.1f} 行），因此看不出批次顺序是否固定：请在相同的位置记录。"
    ),
    "diagnose.note.no_lr": "日志中没有学习率，无法判断它的衰减。",
    "diagnose.note.no_validation": "日志中没有验证损失，无法判断是否过拟合。",
}

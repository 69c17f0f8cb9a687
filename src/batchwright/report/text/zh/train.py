"""One run, in Simplified Chinese."""

STRINGS = {
    "train.title": "{task}：单次训练",
    "train.eyebrow": "{task} · 批大小 {batch_size:size}，{optimizer}，学习率 {lr:rate}",
    "train.target": "{split:split}{metric:metric} {value:number}",
    "train.reached": "{steps} 次更新后达到目标（{target}）；训练共用时 {seconds:duration}。",
    "train.missed": (
        "{updates:count} 次更新后预算用尽，未达到目标（{target}）：{end}；训练用时 {seconds:duration}。"
    ),
    "train.done": (
        "经过 {updates:count} 次更新、{examples:count} 个样本：{end}；训练用时 {seconds:duration}。"
    ),
    "train.stopped": (
        "经过 {updates:count} 次更新、{examples:count} 个样本后停止：{end}；训练用时 {seconds:duration}。"
    ),
    "train.diverged": "损失在 {updates:count} 次更新后发散。",
    "train.out_of_memory": "{updates:count} 次更新后内存不足。",
    "train.failed": "运行在 {updates:count} 次更新后出错：{message}",
    "train.end": "{split:split}{values}",
    "train.value": "{metric:metric} {value}",
    "train.no_evaluation": "没有做过评估",
    "train.fact.updates": "更新次数",
    "train.fact.steps_to_target": "达标步数",
    "train.fact.seconds": "训练用时",
    "train.fact.throughput": "样本/秒",
    "train.pace": "训练用时 {seconds:duration}，每秒 {rate:measured} 个样本，不含评估。",
    "train.table.caption": "运行途中的损失和指标，均在整个数据划分上计算。",
    "train.column.epoch": "轮次",
    "train.column.updates": "更新次数",
    "train.column.loss": "{split:split}损失",
    "train.column.metric": "{split:split}{metric:metric}",
    "train.figure.title": "运行途中的损失和指标",
    "train.figure.takeaway": "圆点为整个数据划分上的评估，浅色线为各次更新的损失。",
    "train.draw.loss": "损失",
    "train.draw.recorded": "训练，途中",
    "train.draw.train": "训练",
    "train.draw.validation": "验证",
    "train.draw.epochs": "轮次",
    "train.draw.updates": "更新次数",
    "train.draw.examples": "已用样本数",
    "train.draw.seconds": "训练时间（秒）",
    "train.about.evaluations": "评估用时",
    "train.about.seed": "随机种子",
    "train.next.lower": "用更低的学习率",
    "train.next.smaller": "减小每次前向传播的样本数；更新不变",
    "train.next.resume": "从检查点继续",
    "train.next.longer": "用两倍的预算",
    "train.next.advise": "找出最先达到目标的批大小和学习率",
}

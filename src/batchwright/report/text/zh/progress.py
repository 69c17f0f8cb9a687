"""What is said while something goes on, in Simplified Chinese."""

STRINGS = {
    "progress.counted": "{what}：{done:count} / 约 {expected:count}，约剩 {seconds:duration}",
    "progress.counted.last": "{what}：{done:count} / 约 {expected:count}",
    "progress.waiting": "{what}，已用 {seconds:duration}",
    "progress.study": (
        "{task}：{examples} 个训练样本，{count} 个批大小，目标{split:split}{metric:metric} {value:g}，"
        "研究 {study}"
    ),
    "progress.advice": (
        "{task}：{examples} 个训练样本，目标{split:split}{metric:metric} {value:g}，预算 {budget}"
    ),
    "progress.phase.training": "完整训练一次，以估算预算够用多少",
    "progress.phase.task": "读取任务",
    "progress.phase.steps": "训练步数",
    "progress.phase.runs": "运行",
    "progress.phase.methods": "比较方法",
    "progress.phase.examples": "样本",
    "progress.phase.points": "曲面上的点",
    "progress.phase.directions": "曲面的方向",
    "progress.phase.gradients": "逐样本梯度",
    "progress.phase.drawn": "抽取样本",
    "progress.phase.memory": "在单独的进程中测内存",
    "progress.phase.hardware": "先在单独的进程中测内存，再测每步用时",
    "progress.phase.timing": "每步用时，独占本机测量",
    "progress.phase.sharpness": "各最佳运行终点处的尖锐度",
    "progress.phase.fits": "拟合",
    "progress.phase.gradient": "测量梯度",
    "progress.phase.eigenvalues": "测量特征值",
    "progress.phase.density": "测量特征值密度",
    "progress.phase.trace": "测量迹",
    "progress.evaluation": "轮次 {epoch:6.2f}  步 {step:6d}  {split:split}损失 {loss:measured}{quality}",
    "stored.runs": "研究 {study} 的 {count:count} 次运行已写入 {place}",
    "stored.exported": "研究 {study} 的 {count:count} 次运行位于 {place}：新写入 {new:count} 次，已有 {there:count} 次，重写 {replaced:count} 次。",
    "stored.see": "查看：{command}",
    "stored.upload": "上传：{command}",
}

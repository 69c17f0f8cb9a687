"""The critical batch size of a table of runs, in Simplified Chinese."""

STRINGS = {
    "fit.title": "{source}：临界批大小",
    "fit.eyebrow": "{source} · {count:count} 行 · 由已完成的运行求临界批大小",
    "fit.several": "{workloads} 个工作负载中，{fits} 个符合曲线并能确定临界批大小。",
    "fit.of_workload": "{workload}：{words}",
    "fit.fits": (
        "批大小超过约 {critical}（90%：{interval}）之后，再增大收益甚微：在该处达到目标需要 {steps:count} 步、"
        "{examples:count} 个样本，两者都是各自最小值的两倍。"
    ),
    "fit.fits.exponent": (
        "批大小超过约 {critical}（90%：{interval}）之后，再增大收益甚微：在该处达到目标需要 {steps:count} 步，为最小步数的两倍。"
        "在它以下，步数并不与批大小成反比：曲线的指数为 {exponent}，而不是 1。"
    ),
    "fit.fits.unbounded": "批大小超过约 {critical}（90%：{interval}）之后，再增大收益甚微。",
    "fit.not_identifiable": (
        "用 {smallest:count} 到 {largest:count} 的批大小既无法确定临界批大小，也无法给出它的界限。"
    ),
    "fit.at_least": (
        "用 {smallest:count} 到 {largest:count} 的批大小无法确定临界批大小；它至少为 {bound:count}（90%），"
        "因此比测过的更大的批仍然划算。"
    ),
    "fit.at_most": (
        "用 {smallest:count} 到 {largest:count} 的批大小无法确定临界批大小；它至多为 {bound:count}（90%），"
        "因此测过的最小的批也已大于所需。"
    ),
    "fit.does_not_follow": (
        "达标步数不符合 1 + (B_crit/B)^a，因此没有哪一个临界批大小能描述这些运行；请直接看实测点。"
    ),
    "fit.does_not_follow.by": (
        "达标步数不符合 1 + (B_crit/B)^a（留出一个批大小时，预测误差为 {error:percent}），因此没有哪一个临界批大小"
        "能描述这些运行；请直接看实测点。"
    ),
    "fit.fact.critical": "临界批大小",
    "fit.fact.interval": "90% 区间",
    "fit.fact.overhead": "样本多 20% 处",
    "fit.fact.left_out": "留一误差",
    "fit.read": "从 {source} 读取 {count:count} 行：{columns}。",
    "fit.column": "{heading} 作为 {meaning}",
    "fit.column_in_unit": "{heading} 作为 {meaning}（{unit}）",
    "fit.verdict.fits": "符合",
    "fit.verdict.not_identifiable": "无法确定",
    "fit.verdict.does_not_follow": "不符合",
    "fit.workloads.caption": "曲线在哪里转弯，以及留出每个批大小时预测偏差多少。",
    "fit.measured": "逐个批大小",
    "fit.measured.caption": "实测的达标步数，与曲线对照；> 表示下界。",
    "fit.predicted": "预测",
    "fit.predicted.caption": (
        "拒绝预测的情形：小于测过的最小批大小，或超过最大批大小的两倍，没有依据表明曲线在那里仍然成立。"
    ),
    "fit.refused": "拒绝预测：这些运行只支持 {low:count} 到 {high:count}",
    "fit.column.workload": "工作负载",
    "fit.column.verdict": "结论",
    "fit.column.critical": "临界批大小",
    "fit.column.interval": "90% 区间",
    "fit.column.overhead": "样本多 20%",
    "fit.column.exponent": "指数",
    "fit.column.steps_min": "最少步数",
    "fit.column.examples_min": "最少样本数",
    "fit.column.left_out": "留一误差",
    "fit.column.inside": "落入 90%",
    "fit.column.batch_size": "批大小",
    "fit.column.runs": "运行数",
    "fit.column.median": "步数中位数",
    "fit.column.curve": "曲线",
    "fit.column.examples": "样本数",
    "fit.column.cut_short": "提前终止",
    "fit.column.failed": "失败",
    "fit.column.lost": "未达目标",
    "fit.column.steps": "步数",
    "fit.column.refused": "备注",
    "fit.figure.title": "达标步数",
    "fit.figure.takeaway": "圆点为各次运行，线为拟合曲线及其 90% 区间带，下方的标记为 B_crit。",
    "fit.reading.curve": (
        "曲线为 S(B) = S_min (1 + (B_crit/B)^a)：在 B_crit 处，步数是最小步数的两倍；指数 a = 1 时样本数也是如此。"
        "区间已对这些运行所容许的各个指数取平均。"
    ),
    "fit.reading.intervals": "区间均为 90%，计入了运行之间的差异、曲线的失配，以及步数的分辨率。",
    "fit.reading.left_out": "留一误差：用其余所有批大小来预测每一个批大小时的误差。",
    "fit.next.far": "仍要预测被拒绝的批大小",
    "fit.next.predict": "预测临界批大小附近的步数",
}

"""What was read of a table, what was left out, what limits a fit, and what to train next, in Simplified Chinese."""

STRINGS = {
    # how the table was read
    "fit_table.read_as": "将 {heading!r} 读作 {meaning}，而不是 {others:list}。",
    "fit_table.fitted_one": "拟合用的是 {heading!r}；{others:list} 没有用到。",
    "fit_table.multiplied": "{heading!r} 的每个单元格都按表头所示乘以 {factor:count}。",
    "fit_table.read_number": "{heading!r} 中的 {cell} 读作 {value:g}（第 {row} 行）：请核对是否如此。",
    "fit_table.per_device": "{heading!r} 是单个设备的样本数，已乘以 {by:list}。",
    "fit_table.from_epochs": (
        "{heading!r} 以轮次计：样本数等于轮次乘以数据集的 {dataset_size:count} 个样本。"
    ),
    "fit_table.unused": "{argument} 没有用到：{heading!r} 已说明。",
    "fit_table.ignored": "略过列 {headings:list}：每个工作负载的所有行合在一起。",
    # which rows count
    "fit_table.repeated": "{count} 行在同一批大小下重复了同一个 {heading}：每行各算一次运行。",
    "fit_table.confirmed": (
        "只计用来确认学习率的 {count:count} 次运行，搜索学习率的运行不计（略去 {left_out:count} 次）。"
    ),
    "fit_table.unconfirmed": "批大小 {batch_sizes:list} 没有确认学习率的运行，不参与拟合。",
    "fit_table.best_rate": (
        "有 {count:count} 个批大小试过多个学习率：只计最佳学习率的运行（略去 {left_out:count} 次）。"
    ),
    "fit_table.failed": (
        "批大小 {batch_sizes:list} 有 {count:count} 次运行失败，已略去：该处的中位数只来自未失败的运行。"
    ),
    "fit_table.lost": (
        "批大小 {batch_sizes:list} 有 {count:count} 次运行未达到目标，已略去，因此该处的中位数偏低："
        "若给出它们已走的步数并加上一列 censored，它们就会计为下界。"
    ),
    "fit_table.grouped": (
        "{batch_sizes:count} 个批大小归并为 {kept:count} 个，在 log B 上均匀分布：与原值相差不超过 "
        "{within:percent}，各次运行沿拟合曲线移动。"
    ),
    # units
    "fit_table.unit.examples_per_update": "每次更新的样本数",
    "fit_table.unit.tokens_per_update": "每次更新的 token 数",
    "fit_table.unit.updates": "更新次数",
    "fit_table.unit.examples": "样本数",
    "fit_table.unit.tokens": "token 数",
    "fit_table.unit.epochs": "轮次",
    # what limits a fit
    "curve.two_batch_sizes": (
        "两个批大小总能与曲线完全吻合：区间依据假定的失配 {misfit:percent}，这是已发表表格的典型值。"
    ),
    "curve.two_batch_sizes_and_seeds": (
        "两个批大小总能与曲线完全吻合：区间依据各随机种子的差异和假定的失配 {misfit:percent}，"
        "后者是已发表表格的典型值。"
    ),
    "curve.one_run_each": "每个批大小只有一次运行：种子差异与曲线失配无法分开，只能依据残差。",
    "curve.bounds": "有 {count:count} 个批大小被提前终止的运行过多，按下界计。",
    "fit_table.branched_needs_checkpoints": (
        "已完成运行的表格给不出它：需从检查点出发，用更大的批分支训练，再比较用过同样多样本之后的损失"
        "（Merrill 等，2025，arXiv 2505.23971）。"
    ),
    # what to train next
    "fit_table.next.check": (
        "请检查：每个批大小是否都重新调过学习率，目标是否相同，有没有学习率调度在固定步数结束；然后重新拟合。"
    ),
    "fit_table.next.train": ("请在批大小 {batch_sizes:list} 上训练，重新调学习率，把结果加入表格后再拟合。"),
    "fit_table.next.more_seeds": (
        "请在批大小 {batch_sizes:list} 上训练，多用几个随机种子，重新调学习率，把结果加入表格后再拟合。"
    ),
    "fit_table.next.third": "请加上第三个批大小，例如 {batch_size}：两个批大小能拟合任何曲线。",
}

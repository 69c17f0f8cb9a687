"""The pages of a study and of advice: the answer, its tables and figures, in Simplified Chinese."""

STRINGS = {
    "study.title.recommended": "{task}：批大小 {batch_size:size}",
    "study.title.inconclusive": "{task}：结论不确定",
    "study.eyebrow": "{task} · 达到{target} · 优化目标：{objective:objective}",
    "study.target": "{split:split}{metric:metric} {value:g}",
    # the answer
    "study.answer": "请用{choice}训练：{cost}{why}；{as_good}。",
    "study.choice": "批大小 {batch_size:size}、学习率 {lr:rate}",
    "study.choice.no_rate": "批大小 {batch_size:size}",
    "study.cost.time": "{value} 达到目标",
    "study.cost.time.interval": "{value} 达到目标（90%：{interval}）",
    "study.cost.examples": "{value} 个样本达到目标",
    "study.cost.examples.interval": "{value} 个样本达到目标（90%：{interval}）",
    "study.cost.steps": "{value} 步达到目标",
    "study.cost.steps.interval": "{value} 步达到目标（90%：{interval}）",
    "study.cost.unknown": "代价未知",
    "study.why.time": "",
    "study.why.examples": "，在样本数不超过最少者 1.2 倍的批大小中，它最大",
    "study.why.steps": "，在步数不超过最少者 1.2 倍的批大小中，它最小",
    "study.as_good.none": "试过的其他批大小都不如它（90%）",
    "study.as_good.range": "从 {low:size} 到 {high:size} 都同样好（90%）",
    "study.as_good.some": "{others:list} 同样好（90%）",
    "study.inconclusive": "结论不确定：{doubt}。",
    "study.inconclusive.guess": "结论不确定：{doubt}；最佳猜测为{choice}。",
    "study.clock": (
        "只有计时存疑：步数、学习率和临界批大小都成立。哪个批大小最快，尚不能定；最佳猜测为{choice}。"
    ),
    "study.clock.critical": (
        "只有计时存疑：步数、学习率和临界批大小（{critical:measured}）都成立。哪个批大小最快，尚不能定；"
        "最佳猜测为{choice}。"
    ),
    "study.not_the_fastest": (
        "表中批大小 {other:size} 的中位数更低，{value} 达到目标；但在这些运行容许的各种可能中，"
        "批大小 {batch_size:size} 更多时候最佳。"
    ),
    "study.doubt": "{doubt}。",
    # numbers under the answer
    "study.fact.batch_size": "批大小",
    "study.fact.lr": "学习率",
    "study.fact.best_guess": "最佳猜测：{name}",
    "study.fact.as_good": "同样好（90%）",
    "study.fact.critical_batch": "临界批大小",
    "study.fact.not_identifiable": "无法确定",
    # tables
    "study.table.caption": (
        "每个批大小在其最佳学习率下、各随机种子的中位数。步数来自确认种子，它们没有参与学习率的选择。"
    ),
    "advice.table.caption": (
        "步数由所有运行共同推断，其中多数在达到目标之前就已停止。若所示学习率下没有运行达到目标，步数前标 ~，"
        "并注明“推断”。"
    ),
    "study.column.batch_size": "批大小",
    "study.column.lr": "学习率",
    "study.column.steps": "步数",
    "study.column.interval": "步数 90% 区间",
    "study.column.seeds": "种子",
    "study.column.step": "每步",
    "study.column.step.in_doubt": "每步，存疑",
    "study.column.seconds": "达标用时",
    "study.column.seconds.in_doubt": "达标用时，存疑",
    "study.column.examples": "样本数",
    "study.column.ratio.time": "用时 ÷ 最佳",
    "study.column.ratio.examples": "样本数 ÷ 最佳",
    "study.column.ratio.steps": "步数 ÷ 最佳",
    "study.column.flat_rates": "20% 内同样好",
    "study.column.fails_at": "失败于",
    "study.column.test": "测试{metric:metric}",
    "study.column.runs": "运行数",
    "study.column.run": "第 {number} 次运行",
    "study.runs.time": "各次运行的达标用时。",
    "study.runs.steps": "各次运行的达标步数。",
    "study.runs.examples": "各次运行的达标样本数。",
    "study.cell.seeds": "{reached}/{seeds}",
    "study.cell.inferred": "推断",
    "study.mark.best": "最佳",
    "study.mark.best_guess": "最佳猜测",
    "study.mark.as_good": "同样好",
    "study.more.heading": "各批大小的更多信息",
    "study.more.caption": "各项代价与最佳者之比，以及选定学习率附近同样可用的学习率。",
    "study.easier.heading": "若目标更易",
    "study.easier.caption": "对同一批运行的途中提出同样的问题。",
    "study.easier.goal": "{metric:metric} {value:.4g}",
    "study.easier.target": "目标",
    "study.easier.best": "最佳批大小",
    "study.easier.as_good": "同样好",
    "study.easier.answer": "答案",
    "study.easier.shift.same": "不变",
    "study.easier.shift.within_set": "换成另一个同样好的",
    "study.easier.shift.in_set": "同样好的之一",
    "study.easier.shift.leaves_set": "改变",
    "study.easier.shift.no_answer": "无",
    # the critical batch size
    "study.critical.heading": "临界批大小",
    "study.critical.fits": (
        "临界批大小为 {critical}：远小于它时，批大小加倍，步数几乎减半；远大于它时，再增大多半只是多用样本。"
    ),
    "study.critical.exponent": (
        "临界批大小为 {critical}：在该处，步数是最小步数 {steps:count} 的两倍。在它以下，批大小加倍，步数最多除以 {factor:.2f}，"
        "因为曲线的指数为 {exponent}；远大于它时，再增大多半只是多用样本。"
    ),
    "study.critical.minima": (
        "在该处，两种代价都是各自最小值的两倍，最小值为 {steps:count} 步和 {examples:count} 个样本。"
    ),
    "study.critical.range": "拟合适用于批大小 {low:size} 到 {high:size}。",
    "study.critical.does_not_follow": (
        "达标步数不符合曲线 S(B) = S_min (1 + (B_crit/B)^a)，因此没有哪一个临界批大小能描述这些运行；请直接看实测点。"
    ),
    "study.critical.misses": (
        "达标步数不符合曲线 S(B) = S_min (1 + (B_crit/B)^a)，偏差达 {misfit:percent}，因此没有哪一个临界批大小能描述"
        "这些运行；请直接看实测点。"
    ),
    "study.critical.bounded": "这些运行不足以确定临界批大小，只能给出它的范围：{interval:interval}。",
    "study.critical.unknown": "这些运行看不出临界批大小是多少。",
    "study.critical.no_fit": "没有拟合曲线：达到目标的批大小太少。",
    # notes
    "study.note.at": "批大小 {batch_sizes:list}：{note}。",
    "study.note.at_all": "所有批大小：{note}。",
    "study.missing.costs": "没有运行达到目标，因此没有代价可画。",
    "study.missing.seconds": "没有测量每步用时，因此没有达标用时。",
    "study.made": (
        "研究 {study_id}：执行 {executed:count} 次运行，取自存储库 {reused:count} 次，用时 {took:duration}。"
    ),
    "study.made.taken_over": (
        "研究 {study_id}：执行 {executed:count} 次运行，取自存储库 {reused:count} 次，"
        "沿用其他研究和建议的 {taken_over:count} 次，用时 {took:duration}。"
    ),
    "study.details.spec": "完整设定",
    "study.next.idle": "在空闲的机器上：不重复任何运行，只重新为每步计时。",
    "study.next.not_repeated": "已存储的运行不会重复。",
    "advice.made": "已存为 {study_id}：执行 {executed:count} 次运行，取自存储库 {reused:count} 次。",
    "advice.next.confirm": "逐个批大小调学习率，并用新的随机种子加以确认。",
    # figures
    "study.figure.seconds": "达标用时",
    "study.figure.steps": "达标步数",
    "study.figure.examples": "达标样本数",
    "study.figure.learning_rates": "各批大小的学习率",
    "study.figure.timing": "本机上每步的代价",
    "study.figure.loss": "损失曲线",
    "study.figure.sharpness": "最佳运行终点处的尖锐度",
    "study.seconds.takeaway": "中位数最低为 {value}，在批大小 {batch_size:size} 处。",
    "study.seconds.takeaway.ends": "中位数最低为 {value}，在批大小 {batch_size:size} 处；{ends:clauses}。",
    "study.seconds.none": "没有一个批大小达到目标的次数足以计时。",
    "study.ends.takes": "批大小 {batch_size:size} 为其 {ratio:ratio}",
    "study.steps.takeaway": (
        "批大小增至 {growth:count} 倍，步数减为原来的 1/{fewer:measured}：批大小 {smallest:size} 需 {first} 步，"
        "批大小 {largest:size} 需 {last} 步。"
    ),
    "study.steps.none": "达到目标的批大小太少，无法比较步数。",
    "study.examples.takeaway": "直到批大小 {largest:size}，样本数都不超过最少者 {value} 的 1.2 倍。",
    "study.examples.takeaway.ends": (
        "直到批大小 {largest:size}，样本数都不超过最少者 {value} 的 1.2 倍；{ends:clauses}。"
    ),
    "study.examples.none": "没有一个批大小达到目标的次数足以统计样本数。",
    "study.rates.none": "没有一个学习率在任何批大小下达到目标。",
    "study.rates.same": "批大小范围的两端选定的学习率都是 {first:rate}。",
    "study.rates.moves": (
        "选定的学习率从批大小 {smallest:size} 处的 {first:rate} 变为批大小 {largest:size} 处的 {last:rate}。"
    ),
    "study.rates.edge": "批大小 {batch_sizes:list} 的选定学习率位于搜索范围的边界。",
    "study.rates.diverged": "批大小 {batch_sizes:list} 有运行发散。",
    "study.rates.reached": "达到目标",
    "study.rates.diverged_runs": "发散",
    "study.rates.budget_ended": "预算用尽",
    "study.rates.median_steps": "步数中位数",
    "study.rates.relative": "与最佳之比",
    "study.rates.chosen": "选中",
    "study.rates.chosen_on_edge": "选中，位于边界",
    "study.timing.takeaway": (
        "每步用时在批大小 {smallest:size} 处为 {first}，在批大小 {largest:size} 处为 {last}。"
    ),
    "study.timing.peak": "吞吐量在批大小 {batch_size:size} 处最高，每秒 {throughput:count} 个样本。",
    "study.timing.peak.largest": "吞吐量在最大的批处最高，每秒 {throughput:count} 个样本。",
    "study.timing.quartiles": "四分位数",
    "study.timing.throughput": "样本/秒",
    "study.loss.all": (
        "全部 {count} 次运行，各画到终点；最短的一次在批大小 {batch_size:size} 处，用 {examples:count} 个样本结束。"
    ),
    "study.loss.some": (
        "{runs} 次运行中的 {count} 次，各画到终点；最短的一次在批大小 {batch_size:size} 处，用 {examples:count} "
        "个样本结束。"
    ),
    "study.loss.caption": "每条曲线的终点。",
    "study.loss.seed": "种子",
    "study.loss.examples": "终点样本数",
    "study.loss.loss": "终点损失",
    # where the winners ended
    "study.sharpness.sharper": "批越大，终点越尖锐：{numbers}。",
    "study.sharpness.flatter": "批越大，终点越平坦：{numbers}。",
    "study.sharpness.cannot_tell": "看不出批越大终点是否越尖锐：{numbers}。",
    "study.sharpness.numbers": "最大特征值按 B^{eigenvalue} 变化，Keskar 尖锐度按 B^{keskar} 变化",
    "study.sharpness.power": "{value}（90%：{interval}）",
    "study.sharpness.too_few": "要看尖锐度随批大小的变化，至少需要三个有运行达到目标的批大小。",
    "study.sharpness.caveat": (
        "这些是在调好的学习率下达到目标时所处的点，并非训练到底的极小值点。学习率越大，最大特征值越被压在 2/lr "
        "以下，单凭这一点就可能给各批大小排出次序；而且没有一种尖锐度在参数缩放下不变（Dinh 等，2017）。"
    ),
    "study.sharpness.heading": "最佳运行的终点",
    "study.sharpness.takeaway": "每个测过的终点，以及穿过各组几何平均值的直线。",
    "study.sharpness.loss": "损失",
    "study.sharpness.eigenvalue": "最大特征值",
    "study.sharpness.residual": "残差",
    "study.sharpness.keskar": "Keskar",
    # what advice rests on
    "advice.runs.heading": "建议的依据",
    "advice.runs.caption": "中途停止的运行说明它本来需要多少步，以及这一推断的误差。",
    "advice.runs.seed": "种子",
    "advice.runs.made": "已走步数",
    "advice.runs.ended": "结束方式",
    "advice.runs.implied": "达标步数",
    "advice.runs.error": "误差",
    "advice.status.target_reached": "达到目标",
    "advice.status.budget_exhausted": "中途停止",
    "advice.status.stopped": "中途停止",
    "advice.status.diverged": "发散",
    "advice.status.out_of_memory": "内存不足",
    "advice.status.failed": "出错",
    "advice.cost": (
        "{executed:count} 次运行，多数提前终止，共用 {examples:count} 个样本，用时 {took:duration}。"
    ),
    "advice.cost.trainings": (
        "{executed:count} 次运行，多数提前终止，共用 {examples:count} 个样本：工作量相当于 {trainings:measured} "
        "次训练到目标，用时 {took:duration}。"
    ),
    "advice.cost.least": (
        "{executed:count} 次运行，多数提前终止，共用 {examples:count} 个样本，用时 {took:duration}。"
        "这里训练一次到目标只需 {training:seconds}，因此无论以训练次数计的预算是多少，都给足 {least:duration} 的工作量。"
    ),
    "advice.ended": "到此结束，因为{reason}。",
}

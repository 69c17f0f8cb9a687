"""Doubts, caveats and notes of studies and advice: why an answer is inconclusive, and what weakens it, in Simplified Chinese."""

STRINGS = {
    # why it is inconclusive
    "study.few_answers": "只有 {count} 个批大小得到结果，而比较至少需要 {needed} 个",
    "study.seeds_missed": (
        "批大小 {batch_size} 的 {seeds} 个种子中只有 {reached} 个达到目标：其余运行失败或提前终止"
    ),
    "study.rate_on_edge": (
        "批大小 {batch_size} 的最佳学习率 {lr:rate} 是在该侧试过的最后一个：更好的可能还在外面"
    ),
    "study.best_is_smallest": "最佳批大小 {batch_size} 是试过的最小值，而范围还可以扩大",
    "study.best_is_largest": "最佳批大小 {batch_size} 是试过的最大值，而范围还可以扩大",
    "study.set_too_wide": "批大小 {low} 到 {high} 无法区分高下：这已占去试过范围的大半",
    "study.clock_in_doubt": (
        "计时期间，其他进程占用了本机的 {load:percent}，因此用时可能偏差任意倍；步数、学习率和临界批大小不受影响"
    ),
    "study.not_timed": "没有测量每步用时，因此达标用时未知",
    "study.nothing_reached": "没有一个批大小达到目标",
    "study.target_met_at_start": (
        "目标（{split:split}{metric:metric} {target:g}）在训练之前就已满足（{initial:measured}）：没有可比较的"
    ),
    "study.target_nearly_reached": (
        "{max_epochs:g} 个轮次内没有运行达到{split:split}{metric:metric} {target:g}，最好的到了 {best:measured}："
        "增加轮次应当可以"
    ),
    "study.target_out_of_reach": (
        "没有运行接近{split:split}{metric:metric} {target:g}：最好的在 {max_epochs:g} 个轮次内从起始的 "
        "{initial:measured} 到了 {best:measured}"
    ),
    "study.nothing_learned": "试过的所有学习率下，都没有运行使{split:split}{metric:metric}有任何改善",
    "advice.one_batch_size": (
        "预算都用在了为批大小 {batch_size} 找学习率上：其他批大小没有试到足以比较的程度"
    ),
    # what weakens an answer
    "study.holes_in_set": "批大小 {batch_sizes:list} 介于同样好的批大小之间，自身却明显更差。",
    "study.without_answer": "批大小 {batch_sizes:list} 没有结果：它们的运行失败或提前终止。",
    "study.one_seed": "每个批大小只有一次确认运行：假定各随机种子之间的离散程度为 {spread:percent}。",
    "study.others_load": "计时期间，其他进程占用了本机的 {load:percent}，因此用时可能有偏差。",
    "study.suspect_timing": (
        "批大小 {batch_sizes:list} 的每步用时与相邻批大小不协调，重测后仍是如此：它们不参与比较。"
    ),
    "study.schedule_has_horizon": "学习率调度有固定的终点，研究时照原样使用：达标步数取决于它。",
    "study.budget_did_not_cover": (
        "预算不足以覆盖批大小 {batch_sizes:list}；再覆盖一个，总共约需 {budget_needed:.0f} 次训练。"
    ),
    "study.not_searched": "批大小 {batch_sizes:list} 没有搜索。",
    "study.easier_target_moves": "若目标更易，最佳的会是另一个批大小：答案只对这个目标成立。",
    "advice.not_trained": (
        "批大小 {batch_size} 在学习率 {lr:rate} 下没有真正训练到目标：它的步数由另外 {count} 次运行推断。"
    ),
    # why advice ended
    "advice.ended.enough_runs": "已做 {count} 次运行",
    "advice.ended.budget_spent": "预算已用完",
    "advice.ended.no_promise": "没有其他运行有望带来 1% 或更多的改进",
    "advice.ended.confirmed": "每个可能最佳的批大小都已用 {seeds} 个种子运行过",
    "advice.agrees": (
        "第一次运行后期的噪声尺度 {noise_scale:measured} 与由各次运行得到的临界批大小 {critical_batch:measured} "
        "相符，相差不超过 {factor:.0f} 倍。"
    ),
    "advice.disagrees": (
        "第一次运行后期的噪声尺度 {noise_scale:measured} 与由各次运行得到的临界批大小 {critical_batch:measured} "
        "相差 {factor:measured} 倍：以各次运行为准。"
    ),
    # what advice is doing
    "advice.timing": "每步用时",
    "advice.rates": "批大小 {batch_size} 的学习率，{steps} 步",
    "advice.run": "批大小 {batch_size}，学习率 {lr:rate}",
    "advice.again": "批大小 {batch_size} 再次运行，种子 {seed}",
    # notes at one batch size
    "study.run_failed": "{status:status}：{message}",
    "study.no_rate_reached": "没有一个学习率在预算内达到目标",
    "study.some_seeds_reached": "{seeds} 个确认种子中有 {reached} 个达到目标",
    "study.best_rate_on_edge": "最佳学习率位于试过范围的边界",
}

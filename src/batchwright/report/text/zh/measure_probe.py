"""Reasons that a probe gives: why there is no knee, why a size does not fit or was not timed, in Simplified Chinese."""

_ENDED = {
    "memory.killed": "占用达到 {used:bytes}（允许 {allowed:bytes}），进程被终止",
    "memory.no_answer": "进程在 {seconds:g} s 内没有响应",
    "memory.signal": "进程被信号 {signal} 终止",
    "memory.exit_code": "进程以退出码 {exit_code} 结束{last_words}",
}

STRINGS = {
    "knee.too_few_sizes": "求拐点至少需要 {needed} 个批大小，只有 {got} 个",
    "knee.too_few_ran": "求拐点至少需要 {needed} 个放得下且能运行的批大小",
    "knee.no_curve": "每步用时与只转一次弯的曲线相差 {factor:.2g} 倍",
    "knee.beyond_largest": (
        "直到测过的最大批大小 {largest:count}，每步用时仍大致不变，拐点应大于 {above:measured}"
    ),
    "knee.below_smallest": (
        "从测过的最小批大小 {smallest:count} 起，每步用时就与批大小成正比，拐点应小于 {below:measured}"
    ),
    "timing.too_slow": "在允许的计时时间内跑不完",
    "memory.beyond_budget": "超出内存预算",
    "memory.over_budget": "需要 {used:bytes}，而只允许 {allowed:bytes}",
    "memory.exhausted": "内存不足：{error}",
    "memory.model_error": "{error}",
    "memory.task_not_loaded": "测量进程无法加载任务：{error}",
    "memory.task_not_sent": "任务无法传给另一个进程（{error}）；以 file.py:function 指定的任务可以",
    **_ENDED,
    **{f"{key}.loading": f"加载模型和数据时，{sentence}" for key, sentence in _ENDED.items()},
}

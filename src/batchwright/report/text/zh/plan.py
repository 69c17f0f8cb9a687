"""What a dry run says, in Simplified Chinese."""

STRINGS = {
    "plan.title": "一次研究将运行什么",
    "plan.seconds": (
        "{sizes} 个批大小，约 {runs:count} 次运行，其中 {stored:count} 次已有存储；{count} 个工作进程最多约需 "
        "{seconds:seconds}。尚未运行任何内容。"
    ),
    "plan.unknown": (
        "{sizes} 个批大小，约 {runs:count} 次运行，其中 {stored:count} 次已有存储；每步用时过长，无法即时计时。"
        "尚未运行任何内容。"
    ),
}

"""Where a study runs, in Simplified Chinese."""

STRINGS = {
    "executors.in_this_process": "全部运行只在本进程中进行：{reason}。",
}

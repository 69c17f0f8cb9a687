"""Estimates with their intervals, points in parameter space, and facts of a measurement, in Simplified Chinese."""

STRINGS = {
    "estimate.with_interval": "{value}（90%：{interval}）",
    "point.start": "初始权重处",
    "point.given": "给定参数处",
    "point.after": "{count:count} 次更新后",
    "about.took": "用时",
    "about.parameters": "参数量",
    "about.mode": "测量模式",
    "about.products": "海森向量积",
    "about.environment.system": "系统",
    "about.environment.processor": "处理器",
    "about.environment.cores": "核数",
    "about.environment.threads": "线程数",
    "about.environment.device": "设备",
    "about.environment.runs_on": "运行所在机器",
    "about.environment.timed_on": "计时所在机器",
    "about.environment.ranks": "进程（rank）数",
}

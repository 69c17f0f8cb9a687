"""What the command line itself says, and the parser's words."""

ERRORS = {
    "interrupted: finished runs are kept, and the same command continues": "已中断：完成的运行都已保存，重新执行同一命令即可继续",
    "interrupted: a checkpoint, where --checkpoint DIR was given, continues with --resume DIR": "已中断：若给出过 --checkpoint DIR，可用 --resume DIR 从检查点继续",
    "the run failed: {}": "训练失败：{0}",
    "unknown option {}": "未知的选项 {0}",
    "unknown command {} Known: {}": "未知的命令 {0}可用的有：{1}",
}

TAILS = {
    " (`{}` lists the options)": "（用 `{0}` 查看各选项）",
}

LIBRARIES = {
    "interrupted": "已中断",
    "{} failed: {}": "{0} 失败：{1}",
    "{} must be one of {}, got {}: English is spoken": "{0} 必须是以下之一：{1}，实际为 {2}：将使用英语",
    # click and typer
    "Missing command": "缺少命令",
    "Missing argument {}": "缺少参数 {0}",
    "Missing option {}": "缺少选项 {0}",
    "Missing parameter: {}": "缺少参数：{0}",
    "Option {} requires an argument": "选项 {0} 需要一个值",
    "Option {} requires {} arguments": "选项 {0} 需要 {1} 个值",
    "Option {} does not take a value": "选项 {0} 不带值",
    "Argument {} takes {} values": "参数 {0} 需要 {1} 个值",
    "Got unexpected extra argument ({})": "多出了参数（{0}）",
    "Got unexpected extra arguments ({})": "多出了参数（{0}）",
    "Got unexpected extra argument(s) ({})": "多出了参数（{0}）",
    "Invalid value for {}: {}": "{0} 的值无效：{1}",
    "Invalid value: {}": "值无效：{0}",
    "{} is not a valid integer": "{0} 不是整数",
    "{} is not a valid float": "{0} 不是数字",
    "{} is not a valid int": "{0} 不是整数",
}

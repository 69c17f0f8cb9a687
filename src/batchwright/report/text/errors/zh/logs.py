"""Training logs: files, formats, what holds no loss."""

ERRORS = {
    "a log may have at most {} values of a quantity: give a part of it": "日志中每个量最多 {0} 个值：请只给出一部分",
    "{} is empty: a log needs lines with a loss": "{0}是空的：日志需要有带损失的行",
    "{} must be a log in text, it is {}": "{0} 必须是文本日志，而它是{1}",
    "{} must be a log in text, it holds binary data: save what was printed": "{0} 必须是文本日志，而它含有二进制数据：请保存打印的内容",
    "{} has no loss: give records or lists with a name such as loss in them": "{0} 中没有损失：请给出含有 loss 之类名称的记录或列表",
    "a JSON log may have at most {} characters: save it as JSON lines": "JSON 日志最多 {0} 个字符：请另存为每行一条的 JSON",
    "the log begins like JSON and is not: {}": "日志开头像 JSON，却不是：{0}",
    "a log must be {}, got {}": "日志必须是{0}，实际为 {1}",
    "a path, text, a list of losses, a mapping of names to lists, a data frame or -": "路径、文本、损失列表、从名称到列表的映射、数据框或 -",
    "a log named - must come through a pipe, standard input is a terminal": "名为 - 的日志必须经管道传入，而标准输入是终端",
    "there is no file {}: give a log's path, or - for standard input": "没有文件 {0}：请给出日志的路径，或用 - 表示标准输入",
    "{} must be a file, it is a folder: name the log in it": "{0} 必须是文件，而它是文件夹：请指明其中的日志",
    "{} cannot be diagnosed, {}": "{0} 无法诊断，{1}",
    "it has no number named loss: give lines such as `step 10 loss 2.31`, a CSV file or plain numbers": "其中没有名为 loss 的数：请给出 `step 10 loss 2.31` 这样的行、CSV 文件或一列数字",
    "the text": "文本",
    "the stream": "数据流",
    "the numbers": "数列",
    "the mapping": "映射",
    "the list": "列表",
    "the log": "日志",
}

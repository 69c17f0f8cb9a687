"""What could not be read of a store, in Simplified Chinese."""

STRINGS = {
    "stores.studies_unreadable": "{store} 已损坏（{reason}）：列表中缺少其中一些研究。",
    "stores.study_unreadable": "已略去：{reason}。",
    "stores.runs_unreadable": "{store} 已损坏（{reason}）：无法统计其中各研究的运行数。",
    "stores.run_unreadable": "{store} 中已略去：{reason}。",
    "stores.measurement_unreadable": "{store} 中视为未测量：{reason}。",
}

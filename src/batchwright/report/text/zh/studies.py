"""What a store holds, in Simplified Chinese."""

STRINGS = {
    "studies.title": "已存储的研究",
    "studies.none": "还没有研究。",
    "studies.all_finished": "{count:count} 项研究，全部完成。",
    "studies.some_finished": "{count:count} 项研究，其中 {unfinished:count} 项未完成。",
    "studies.caption": "这里保存的所有研究，最新的在前。",
    "studies.status.complete": "完成",
    "studies.status.interrupted": "已中断",
    "studies.status.running": "运行中",
    "studies.column.study": "研究",
    "studies.column.name": "名称",
    "studies.column.task": "任务",
    "studies.column.status": "状态",
    "studies.column.runs": "运行数",
    "studies.column.spent": "已用时",
    "studies.column.created": "创建时间（UTC）",
    "studies.next.first": "做第一项研究",
    "studies.next.show": "看最新的答案",
    "studies.next.resume": "完成最新的一项未完成的研究",
}

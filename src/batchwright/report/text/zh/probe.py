"""What a step costs, in Simplified Chinese."""

STRINGS = {
    "probe.title": "{task}：每步的代价",
    "probe.eyebrow": "{task} · 本机上每步的代价",
    "probe.knee": (
        "拐点约为 {knee}：批大小不超过它时，每步用时几乎不增加；远大于它时，每步用时与批大小成正比。"
    ),
    "probe.no_knee": "计时的批大小中没有拐点：{reason}。",
    "probe.nothing_timed": "没有一个批大小能够计时。",
    "probe.memory.unknown": "内存用量未知{why}。",
    "probe.memory.none_fits": "{budget:bytes} 连批大小 1 都放不下{why}。",
    "probe.memory.why": "：{reason}",
    "probe.memory.each": "，每个样本 {slope:bytes}",
    "probe.memory.all_fit": "全部 {count:count} 个样本作为一批也放得进 {budget:bytes}{each}。",
    "probe.memory.largest": "{budget:bytes} 放得下的最大批大小：{largest:count}{each}。",
    "probe.fact.knee": "拐点",
    "probe.fact.largest": "放得下的最大值",
    "probe.fact.fastest": "吞吐量最高处",
    "probe.fact.throughput": "该处样本/秒",
    "probe.busy": "计时期间，其他程序占用了本机的 {load:percent}：用时可能偏差很大，内存不受影响。",
    "probe.suspect": "批大小 {sizes:list} 的用时与相邻批大小不协调：求拐点时已排除。",
    "probe.state_changed": (
        "探测期间，任务所持有的某个对象（数据集、随机数生成器）发生了变化：此后的运行可能与没有探测时不同。"
    ),
    "probe.collapse": "批大小 {batch_size:count} 处，吞吐量降到最高值的 {share:percent}。",
    "probe.collapse.allocator": (
        "批大小 {batch_size:count} 处，吞吐量降到最高值的 {share:percent}：分配器反复重试，内存即将耗尽。"
    ),
    "probe.collapse.cache": (
        "批大小 {batch_size:count} 处，吞吐量降到最高值的 {share:percent}：工作集已放不进 L{level} 缓存。"
    ),
    "probe.cache": "L{level} 缓存，{size:bytes}：从批大小 {passed_at:measured} 起超出。",
    "probe.left_out": "批大小 {sizes:list} 没有计时：{reason}。",
    "probe.figure.title": "每步的用时、吞吐量和内存",
    "probe.figure.takeaway": "圆点为实测；线为固定开销与计算量之和，带为拐点及其 90% 区间。",
    "probe.table.caption": "每个计时的批大小：每步用时的中位数、吞吐量、内存峰值。",
    "probe.column.batch_size": "批大小",
    "probe.column.step": "每步",
    "probe.column.quartiles": "四分位数",
    "probe.column.throughput": "样本/秒",
    "probe.column.memory": "内存",
    "probe.reading.step": (
        "一步即一次更新：前向传播、反向传播和优化器。用时是各批大小轮流计时所得的中位数，附四分位数。"
    ),
    "probe.reading.memory": ("内存指一次更新的峰值减去已加载模型和数据的进程占用，在单独的进程中测量。"),
    "probe.reading.not_the_answer": (
        "放得下的最大批和吞吐量最高的批都不是答案：要紧的是达到目标的时间，这还取决于步数。"
    ),
    "probe.next.again": "在空闲的机器上重测，得到可靠的用时",
    "probe.next.advise": "测达标步数，即时间的另一半",
}

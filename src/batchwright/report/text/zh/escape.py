"""The way out of a saddle, in Simplified Chinese."""

STRINGS = {
    "escape.title": "{task}：离开鞍点的路",
    "escape.eyebrow": "{task} · 沿负曲率最大的方向，线搜索",
    "escape.before": "之前的损失",
    "escape.after": "之后的损失",
    "escape.eigenvalue": "最小特征值",
    "escape.residual": "其残差",
    "escape.distance": "距离",
    "escape.caption": "离开该点的一步。",
    "escape.way": "每个参数在这一步之前的值、单位长度的方向，以及之后的值。",
    "escape.column.parameter": "参数",
    "escape.column.start": "之前",
    "escape.column.direction": "方向",
    "escape.column.end": "之后",
    "escape.about.evaluations": "损失计算次数",
    "escape.reading.certified": ("特征值低于零的幅度须超过其残差（误差的上界）与乘积的舍入误差，才算作负。"),
    "escape.reading.search": "向两侧试探，只要损失下降，步长就加倍；然后在最后三点之间细化最小值。",
    "escape.next.class": "看这是哪一类点",
    "escape.next.end": "看这一步的终点是哪一类点",
    "escape.next.surface": "看两端特征向量所张平面上的损失",
}

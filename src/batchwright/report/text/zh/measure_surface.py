"""What the directions of a loss surface are, in Simplified Chinese."""

STRINGS = {
    "direction.random": "一个随机方向",
    "direction.parameter": "{name}",
    "direction.component": "轨迹的第 {number} 主成分",
    "direction.towards": "{first:mark}到{second:mark}的方向",
    "direction.from_the_line": "该直线到{third:mark}的方向",
    "direction.gradient": "训练损失的梯度方向",
    "direction.across_gradient": "与其垂直的一个随机方向",
    "direction.eigenvector_largest": "最大特征值 {eigenvalue:measured} 的特征向量",
    "direction.eigenvector_smallest": "最小特征值 {eigenvalue:measured} 的特征向量",
}

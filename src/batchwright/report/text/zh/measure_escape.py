"""What became of the attempt to leave a point, in Simplified Chinese."""

STRINGS = {
    "way_out.found": "沿特征值 {eigenvalue:measured} 的方向，损失从 {before:.4g} 降到 {after:.3g}。",
    "way_out.kink": "特征值 {eigenvalue:measured} 为负，但损失在两侧都不下降：它在此处有折点。",
    "way_out.none": "无法靠曲率离开：最小特征值 {eigenvalue:measured} 不能确定为负。",
}

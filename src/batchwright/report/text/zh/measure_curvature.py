"""Why a point has its class, and what sharpness is not, in Simplified Chinese."""

_SIGNED = {
    "positive": "有 {count:count} 个特征值确定为正",
    "negative": "有 {count:count} 个特征值确定为负",
    "unsigned": "没有一个特征值能确定正负",
}
_DEGENERATE = {
    "point.not_converged": "但两端的特征值尚未收敛：请允许更多次乘积。",
    "point.not_computed": "其余没有计算：请求取两端的特征值。",
    "point.near_zero": "算得的 {computed:count} 个中有 {near_zero:count} 个无法与零区分。",
}

STRINGS = {
    "point.saddle": "确定为正的特征值有 {positive:count} 个，确定为负的有 {negative:count} 个。",
    "point.minimum": "全部特征值为正，最小的是 {smallest:measured}。",
    "point.maximum": "全部特征值为负，最大的是 {largest:measured}。",
    **{
        f"{code}.{sign}": f"{signed}，{rest}"
        for code, rest in _DEGENERATE.items()
        for sign, signed in _SIGNED.items()
    },
    "point.slope": "梯度范数 {norm:measured} 高于容许值 {limit:.2g}。",
    "point.slope_by_chance": (
        "梯度范数 {norm:measured} 高于容许值 {limit:.2g}，但低于只取 {examples:count} 个样本所带来的"
        "随机误差 {noise:.2g}。"
    ),
    "sharpness.not_invariant": (
        "这些尖锐度度量在重参数化下都会改变：只要把 ReLU 网络各层的权重此消彼长地缩放，就能任意改变它们，"
        "而网络表示的函数不变（Dinh 等，2017，arXiv 1703.04933）。只应在结构、归一化和权重衰减都相同的模型之间比较。"
    ),
    "keskar_space.full_space": "全空间",
    "keskar_space.random_subspace": "随机子空间",
}

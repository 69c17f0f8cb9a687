"""``critical-points`` 一课的文字。"""

STRINGS = {
    "lesson.critical_points.source": "第五篇文章：临界点",
    "lesson.critical_points.claim": (
        "梯度为零处由 Hessian 的特征值判定：全正为极小值，全负为极大值，有正有负为鞍点；在鞍点沿负特征值的特征向量走一步就能继续下降；"
        "Hessian 在实践中代价过高。"
    ),
    "lesson.critical_points.experiment": (
        "在波浪形曲面 cos w₁ + cos w₂ 上，把特征值给出的类别与九个临界点周围的损失相比较。在最小的带鞍点的网络 (1 − w₁w₂)² 上，"
        "比较二次展开与真实损失随距离的误差，并让梯度下降从通向鞍点的直线上及其旁边出发。把手写数字上的小网络推到临界点，再沿最负的曲率离开。"
        "在 4,810 个参数的网络上，测量 Hessian 与向量之积相对于一次梯度的耗时。"
    ),
    "lesson.critical_points.otherwise": (
        "特征值为零时类别无法判定，而极小值构成的谷（有对称性的网络都有）里到处是零特征值。三阶导数为零处，展开的误差高于三阶。"
        "只有从一个体积为零的集合出发，下降才会停在鞍点；舍入误差或噪声就足以离开。若要整个 Hessian 或全部特征值，所需的乘积次数确实与参数一样多。"
    ),
    "lesson.critical_points.take": (
        "判定一个点的类别，需要足够小的梯度和带误差界的特征值。走出鞍点只需几十次 Hessian 与向量之积，每次约相当于一两次梯度，无须构造矩阵；"
        "而通常噪声会免费找到出路。"
    ),
    "lesson.critical_points.part.signs": "特征值全正为极小值，全负为极大值，有正有负为鞍点。",
    "lesson.critical_points.part.slip": "文章某处的说法：全正为极大值，全负为极小值。",
    "lesson.critical_points.part.always_decides": "特征值总能判定类别，在极小值构成的谷中也是如此。",
    "lesson.critical_points.part.third_order": "在每个点上，二次展开的误差都是距离的三次方。",
    "lesson.critical_points.part.no_rest": "梯度下降不会停在鞍点。",
    "lesson.critical_points.part.stuck_at_saddles": "在训练很少或未经训练的网络附近搜到的临界点多为鞍点。",
    "lesson.critical_points.part.way_down": "沿最负特征值的特征向量走一步，损失继续下降。",
    "lesson.critical_points.part.product_dear": "一次 Hessian 与向量之积的代价超过十次梯度。",
    "lesson.critical_points.part.needs_all": "找到最负的方向，所需乘积次数至少是参数个数的一半。",
    "lesson.critical_points.at": "所在的点是：{holds:list}；以下各点不成立：{does_not_hold:list}",
    "lesson.critical_points.offsets": "初始点的偏移为：{holds:list}；以下偏移不成立：{does_not_hold:list}",
    "lesson.critical_points.number.signs_agree": "规则与周围损失一致的点的比例",
    "lesson.critical_points.number.exchanged_agree": "互换后的规则与之一致的极值点比例",
    "lesson.critical_points.number.decided": "谷中可由特征值判定的点的比例",
    "lesson.critical_points.number.error_order": "误差随距离变化的指数",
    "lesson.critical_points.number.end_from_saddle": "结束时与鞍点的距离",
    "lesson.critical_points.number.updates_to_leave": "离开鞍点所需的更新次数",
    "lesson.critical_points.number.search_converged": "到达临界点的搜索所占比例",
    "lesson.critical_points.number.saddles": "其中鞍点的比例",
    "lesson.critical_points.number.escaped": "沿特征向量损失更低的鞍点比例",
    "lesson.critical_points.number.fall_by_escape": "一步所消除的损失比例",
    "lesson.critical_points.number.toy_loss_after": "最小网络走一步之后的损失（之前为 1）",
    "lesson.critical_points.number.toy_distance": "这一步的长度",
    "lesson.critical_points.number.product_over_gradient": "一次乘积与一次梯度的耗时之比",
    "lesson.critical_points.number.products_over_parameters": "求最小特征值所需乘积次数与参数个数之比",
    "lesson.setting.start_offset": "偏移",
    "lesson.critical_points.line.offset": "初始点偏离直线 {offset}",
    "lesson.critical_points.axis.w1": "w₁",
    "lesson.critical_points.axis.w2": "w₂",
    "lesson.critical_points.axis.root": "损失的平方根",
    "lesson.critical_points.surface.title": "最小的带鞍点的网络",
    "lesson.critical_points.surface.takeaway": "从反对角线出发，下降会走进鞍点并停住；只要偏离百分之一，就会转向极小值构成的谷。",
    "lesson.critical_points.leaving.title": "鞍点能留住多久",
    "lesson.critical_points.leaving.takeaway": "偏移每缩小到百分之一，多花的更新次数相同；只有偏移为零时才会留下。",
}

"""``plateau`` 一课的文字。"""

STRINGS = {
    "lesson.plateau.source": "第四篇文章：鞍点与平台",
    "lesson.plateau.claim": (
        "在高维空间（两万个参数）中，拖慢训练的是鞍点和平台，而不是局部极小值；向一侧随机推一下就能离开；"
        "动量、RMSprop、Adam 和小批量能更快离开。"
    ),
    "lesson.plateau.experiment": (
        "随机光滑函数的临界点中有多少是鞍点，可由 Kac-Rice 公式从随机 Hessian 算出，参数为 1 到 20 个。"
        "随后让 32 个游走者离开三处平坦的地方：一个鞍点（特征值 1 和 −0.1），噪声或处处相同，或在鞍点处消失；以及饱和 sigmoid 的平台。"
        "每种优化器和批大小各取 34 个学习率（相邻相差 √2 倍），最佳者是最早降到平坦处损失的一半并保持住的那个。"
        "动量分两种形式，既在同一学习率下（普通下降最佳值的四分之一）、也在各自最佳学习率下比较。“更快”指更新次数少一成以上。"
    ),
    "lesson.plateau.otherwise": (
        "随机函数没有结构，而网络有，并且平坦方向很多。如果噪声在平坦处消失（例如死亡的单元或对称的权重），批大小再小也没有用，"
        "只有推一下，或者使用会除以梯度自身大小的优化器才行。下坡方向越陡，可节省的就越少。"
    ),
    "lesson.plateau.take": (
        "先怀疑鞍点，再怪局部极小值。能离开平坦处的，是让小梯度起作用的办法：累加型的动量（同一学习率下的平均型不行），"
        "或者除以梯度大小。小批量只有在噪声不消失的地方才有帮助，而且只是对数级的。"
    ),
    "lesson.plateau.part.share_grows": "参数很多时，临界点几乎都是鞍点（20 个参数时超过 99%）。",
    "lesson.plateau.part.push": "不推，梯度下降停在鞍点；推一下就能离开。",
    "lesson.plateau.part.summing_one_rate": "同一学习率下，累加型动量更快离开。",
    "lesson.plateau.part.averaging_one_rate": "同一学习率下，平均型动量更快离开。",
    "lesson.plateau.part.summing_tuned": "各取最佳学习率，累加型动量更快离开。",
    "lesson.plateau.part.averaging_tuned": "各取最佳学习率，平均型动量更快离开。",
    "lesson.plateau.part.rmsprop": "各取最佳学习率，RMSprop 更快离开。",
    "lesson.plateau.part.adam": "各取最佳学习率，Adam 更快离开。",
    "lesson.plateau.part.small_batch_additive": "噪声处处相同时，小批量更快离开鞍点。",
    "lesson.plateau.part.small_batch_vanishing": "噪声在鞍点处消失时，小批量更快离开鞍点。",
    "lesson.plateau.part.small_batch_plateau": "小批量更快离开平台。",
    "lesson.plateau.settings": "平坦处为以下之一：{holds:list}；以下不成立：{does_not_hold:list}",
    "lesson.plateau.sizes": "批大小取以下值之一：{holds:list}；以下值不成立：{does_not_hold:list}",
    "lesson.plateau.number.saddle_share": "鞍点的比例",
    "lesson.plateau.number.updates_after_push": "离开前的更新次数",
    "lesson.plateau.number.updates_ratio": "更新次数 / 普通下降的更新次数",
    "lesson.plateau.number.updates_ratio_of_sizes": "更新次数 / B = 256 时的更新次数",
    "lesson.setting.parameters": "参数个数",
    "lesson.setting.push": "推动量",
    "lesson.setting.flat_place": "地点",
    "lesson.choice.additive": "鞍点，加性噪声",
    "lesson.choice.vanishing": "鞍点，噪声消失",
    "lesson.choice.plateau": "平台",
    "lesson.plateau.axis.parameters": "参数个数",
    "lesson.plateau.axis.saddles": "鞍点的比例",
    "lesson.plateau.line.optimizer": "{name}",
    "lesson.plateau.line.additive": "鞍点，加性噪声",
    "lesson.plateau.line.vanishing": "鞍点，噪声消失",
    "lesson.plateau.line.plateau": "平台",
    "lesson.plateau.saddles.title": "临界点中鞍点的比例",
    "lesson.plateau.saddles.takeaway": "直线上没有鞍点，平面上占一半；十个参数以上几乎全是鞍点。",
    "lesson.plateau.optimizers.title": "离开鞍点前的更新次数",
    "lesson.plateau.optimizers.takeaway": "加性噪声，B = 16。曲线止于该优化器不再停留在鞍点以下之处。",
    "lesson.plateau.sizes.title": "更新次数与批大小（各取最佳学习率）",
    "lesson.plateau.sizes.takeaway": "只有在平坦处不消失的噪声，才使小批量用更少的更新次数离开。",
}

"""``momentum`` 一课的文字。"""

STRINGS = {
    "lesson.momentum.source": "关于动量梯度下降的文章",
    "lesson.momentum.claim": (
        "动量法几乎总比普通梯度下降快，能抑制振荡，累加过去的全部梯度，并能滚过局部极小值；由于它放大了更新量，需要更小的学习率。"
    ),
    "lesson.momentum.experiment": (
        "在 β = 0.9 下把三种形式的动量与普通梯度下降并排比较：平均形式（文章所用，v = βv + (1−β)g）、重球形式（torch 所用，v = βv + g）"
        "和速度形式（v = βv − ηg）。在条件数为 10、100 和 1000 的二次函数上，统计损失降到初始值万分之一所需的更新次数，每一方都用自己的最佳学习率，"
        "β 取 0.8 至 0.99 中最好的；在 300 个手写数字上统计训练损失降到 0.1 的更新次数，每次更新分别用 4 个样本和全部样本。"
        "在相同学习率下测量横穿峡谷的路程，用二分法求最大稳定学习率，并从双阱势垒之上的起点观察是否越过局部极小值。"
    ),
    "lesson.momentum.otherwise": (
        "如果按理论为每个条件数选 β（条件数 10 时为 0.27，1000 时为 0.88），重球形式在每个二次函数上都收缩得更快；β 不小于 0.8 时，"
        "在简单的二次函数上只能等速度以每次 √β 的倍率消失。小批量时限制学习率的是噪声而不是曲率，动量与把学习率放大 1/(1−β) 倍差别不大。"
        "小球能滚多远取决于起点高度和摩擦：torch 形式的摩擦为 (1−β)/√η，β 大时几乎无摩擦，从更好的阱里滚出来也同样容易。"
    ),
    "lesson.momentum.take": (
        "照搬学习率之前先弄清所用库是哪种形式：torch 形式和速度形式的步长是 1/(1−β) 倍，平均形式不是。稳定性并不要求更小的学习率：上限是 (2+2β)/λ，"
        "接近普通梯度下降的两倍。批较大、问题尺度悬殊时用动量；批很小时，不如去调学习率。"
    ),
    "lesson.momentum.part.forms_constant": "学习率恒定时三种形式是同一条轨迹（平均形式的学习率为 1/(1−β) 倍）。",
    "lesson.momentum.part.forms_changing": "中途学习率降到十分之一时，三者仍是同一条轨迹。",
    "lesson.momentum.part.sums_past": "速度等于过去全部梯度以 β^k 为权的和。",
    "lesson.momentum.part.faster": "各用最佳学习率时，有动量的一方用更少的更新达到目标。",
    "lesson.momentum.part.damps": "动量抑制振荡：学习率相同时，平均形式横穿峡谷的总路程更短。",
    "lesson.momentum.part.rolls_over_averaged": "平均形式（文章的形式）能滚过局部极小值。",
    "lesson.momentum.part.rolls_over_heavy_ball": "torch 的形式能滚过局部极小值。",
    "lesson.momentum.part.smaller_for_stability": "为了稳定，需要更小的学习率。",
    "lesson.momentum.part.smaller_at_best": "在手写数字的小批量上，它的最佳学习率更小（不到四分之一）。",
    "lesson.momentum.forms": "采用以下形式：{holds:list}；以下形式不成立：{does_not_hold:list}",
    "lesson.momentum.problems": "问题为以下之一：{holds:list}；以下问题不成立：{does_not_hold:list}",
    "lesson.momentum.rates": (
        "学习率为曲率倒数的 {holds:list} 倍，即接近普通梯度下降的发散点（2）；{does_not_hold:list} 倍时不成立"
    ),
    "lesson.momentum.betas": "β 取 {holds:list}；取 {does_not_hold:list} 时不成立",
    "lesson.momentum.number.deviation": "与 torch 的 SGD 的最大偏差",
    "lesson.momentum.number.sum_deviation": "与加权和的偏差",
    "lesson.momentum.number.recent_share": "最近 1/(1−β) 个梯度所占权重",
    "lesson.momentum.number.updates_ratio": "有动量与无动量的更新次数之比",
    "lesson.momentum.number.contraction": "最佳学习率下每次更新的收缩倍率",
    "lesson.momentum.number.way_ratio": "横穿峡谷的路程与普通梯度下降之比",
    "lesson.momentum.number.passed": "越过局部极小值的起点比例",
    "lesson.momentum.number.stable_ratio": "最大稳定学习率与普通梯度下降之比",
    "lesson.momentum.number.best_ratio": "最佳学习率与普通梯度下降之比",
    "lesson.setting.form": "形式",
    "lesson.setting.problem": "问题",
    "lesson.setting.condition_number": "条件数",
    "lesson.choice.averaged": "平均形式",
    "lesson.choice.heavy_ball": "重球形式（torch）",
    "lesson.choice.velocity": "速度形式",
    "lesson.choice.nesterov": "Nesterov 形式",
    "lesson.choice.plain_descent": "普通梯度下降",
    "lesson.choice.bowl_10": "条件数 10 的二次函数",
    "lesson.choice.bowl_100": "条件数 100 的二次函数",
    "lesson.choice.bowl_1000": "条件数 1000 的二次函数",
    "lesson.choice.digits_small": "手写数字，每次更新 4 个样本",
    "lesson.choice.digits_full": "手写数字，每次更新用全部样本",
    "lesson.momentum.theory.plain_descent": "普通梯度下降，理论",
    "lesson.momentum.theory.heavy_ball": "最佳 β 的重球形式，理论",
    "lesson.momentum.axis.flat": "平缓方向",
    "lesson.momentum.axis.steep": "陡峭方向",
    "lesson.momentum.axis.condition": "条件数",
    "lesson.momentum.valley.title": "学习率相同，沿条件数为 20 的峡谷下降",
    "lesson.momentum.valley.takeaway": (
        "学习率为最大曲率倒数的 {lr:number} 倍时，普通梯度下降在两壁之间来回跳；平均形式横穿的次数少、摆幅大；torch 形式快十倍，也最不安分。"
    ),
    "lesson.momentum.condition.title": "更新次数与条件数",
    "lesson.momentum.condition.takeaway": (
        "普通梯度下降的代价与条件数成正比，动量与其平方根成正比；但动量的起步成本在简单的二次函数上收不回来。"
    ),
}

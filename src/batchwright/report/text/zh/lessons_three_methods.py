"""``three-methods`` 一课的文字。"""

STRINGS = {
    "lesson.three_methods.source": "在手写数字上比较梯度下降、SGD 与小批量的文章",
    "lesson.three_methods.claim": (
        "在手写数字上，一轮训练的时间按梯度下降、小批量、SGD 的顺序递增；收敛程度按梯度下降、SGD、小批量的顺序递增；SGD 的许多小更新更早给出答案。"
    ),
    "lesson.three_methods.experiment": (
        "与文章相同：梯度下降（B = 100）和 SGD（B = 1）在 100 个数字上、小批量（B = 2）在 200 个数字上训练全连接网络，各四轮，"
        "即 4、400 和 400 次更新。每种方法用三到四个学习率、三十个随机种子；分别在轮次、更新次数、样本数相等时，以及（逐个单独运行）时间相等时比较训练损失，"
        "每种方法都用该比较下自己的最佳学习率。一轮的时间既按文章的数据测量，也在三者都用 200 个样本时测量。"
    ),
    "lesson.three_methods.otherwise": (
        "轮次相等时有利于小批量（它看到两倍的样本），而梯度下降每轮只有一次更新，明显吃亏。更新次数相等时顺序反过来：完整梯度是最好的方向。"
        "两者哪个更要紧，取决于一次更新的代价：这里一百个小样本几乎不比一个慢；在大网络或慢设备上，一百个样本的代价就是一百倍。"
        "学习率的影响同样大：对 SGD 最好的学习率会让小批量走不远，反之亦然。"
    ),
    "lesson.three_methods.take": (
        "比较两种批大小之前，先说明什么相等，并分别调好学习率。应以真正付出的代价为单位比较，多半是时间。"
        "数据集小、机器处理一百个样本与处理一个样本时间相近时，每次更新只用一个样本是最慢的办法。"
    ),
    "lesson.three_methods.part.epoch_time": "小批量的一轮比梯度下降的一轮长（四分之一以上），SGD 的一轮更长。",
    "lesson.three_methods.part.sgd_over_gd": "各用最佳学习率时，SGD 比梯度下降收敛得更深。",
    "lesson.three_methods.part.minibatch_over_sgd": "各用最佳学习率时，小批量比 SGD 收敛得更深。",
    "lesson.three_methods.part.every_rate": "无论学习率是多少，学习率相同时四轮之后小批量都领先于 SGD。",
    "lesson.three_methods.part.sooner": "SGD 更早给出答案：第一遍看完 100 个样本后已领先于梯度下降。",
    "lesson.three_methods.part.printed": "文章的 24 个数字正是这类运行会得到的：多数落在我们各学习率、各随机种子的范围内。",
    "lesson.three_methods.data": "所用样本为：{holds:list}；以下情况不成立：{does_not_hold:list}",
    "lesson.three_methods.equal": "相等的量为以下之一：{holds:list}；以下量相等时不成立：{does_not_hold:list}",
    "lesson.three_methods.rates": "学习率为 {holds:list}；为 {does_not_hold:list} 时不成立",
    "lesson.three_methods.number.minibatch_over_gd": "小批量与梯度下降的一轮时间之比",
    "lesson.three_methods.number.sgd_over_minibatch": "SGD 与小批量的一轮时间之比",
    "lesson.three_methods.number.loss_ratio": "与另一方法的训练损失之比",
    "lesson.three_methods.number.first_ratio": "SGD 与梯度下降的训练损失之比",
    "lesson.three_methods.number.figures_inside": "文章的数字落在我们范围内的比例",
    "lesson.three_methods.number.first_loss": "我们的梯度下降的首个损失（文章为 2.708）",
    "lesson.setting.trained_on": "样本",
    "lesson.setting.equal": "相等的量",
    "lesson.choice.as_printed": "文章的数据（100、100 和 200）",
    "lesson.choice.equal_data": "三者都用 200 个",
    "lesson.choice.equal_epochs": "轮次",
    "lesson.choice.equal_updates": "更新次数",
    "lesson.choice.equal_examples": "样本数",
    "lesson.choice.equal_seconds": "时间",
    "lesson.three_methods.line.gd": "梯度下降",
    "lesson.three_methods.line.sgd": "随机梯度下降（SGD）",
    "lesson.three_methods.line.minibatch": "小批量",
    "lesson.three_methods.article.gd": "梯度下降（文章）",
    "lesson.three_methods.article.sgd": "SGD（文章）",
    "lesson.three_methods.article.minibatch": "小批量（文章）",
    "lesson.three_methods.losses.title": "文章的损失与我们的损失",
    "lesson.three_methods.losses.takeaway": "圆点为文章的数字，线为我们的中位数，色带覆盖全部学习率和随机种子：学习率的影响与方法的影响一样大。",
    "lesson.three_methods.accuracies.title": "文章的准确率与我们的准确率",
    "lesson.three_methods.accuracies.takeaway": "每轮结束时训练样本上的准确率；色带覆盖全部学习率和随机种子。",
    "lesson.three_methods.equalities.title": "按相等的量比较训练损失",
    "lesson.three_methods.equalities.takeaway": "方法的先后取决于让什么相等。",
}

"""Lessons: which there are, and what their numbers must be made of."""

ERRORS = {
    "unknown lesson {}": "未知的课程 {0}",
    "`all` runs every lesson: drop it, or drop {}": "`all` 表示所有课程：请去掉它，或去掉 {0}",
    "part {} must have a number that decides it, got none": "第 {0} 部分必须有一个起决定作用的数，实际没有",
    "part {}: holds_when needs a condition, and no other verdict has one": "第 {0} 部分：holds_when 需要条件，而其他结论都不带条件",
    "{}: a ratio needs positive values, got {}": "{0}：比值需要正数，实际为 {1}",
    "{}: a geometric mean needs positive values, got {}": "{0}：几何平均需要正数，实际为 {1}",
    "{}: a share needs 0 <= count <= total, got {}, {}": "{0}：比例要求 0 <= 个数 <= 总数，实际为 {1}、{2}",
    "{}: a slope needs three points or more at different x, got {}": "{0}：求斜率至少需要三个 x 不同的点，实际为 {1}",
    "{}: an interval needs two finite values or more, got {}": "{0}：区间估计至少需要两个有限值，实际为 {1}",
    "{}: pairs need as many values on either side, got {} and {}": "{0}：配对要求两边的个数相同，实际为 {1} 和 {2}",
}

"""What every shown page says beside its own words: headings, prefixes, the foot, in Simplified Chinese."""

STRINGS = {
    "page.recommended": "推荐",
    "page.inconclusive": "结论不确定",
    "page.clock_in_doubt": "计时存疑",
    "page.caveat": "注意：{text}",
    "page.caveats": "还须知道",
    "page.next": "下一步：{step}",
    "page.run_next": "下一步运行",
    "page.report": "报告：{path}",
    "page.figure": "图：{path}",
    "page.measured": "测量结果",
    "page.behind": "背后的数据表",
    "page.figure.label": "{title}。{takeaway}",
    "page.readings": "如何解读",
    "page.made": "如何得到",
    "page.foot": "由 Batchwright {version} 生成。本文件自成一体：不从任何地方加载内容。",
}

"""A study for other tools: libraries, places, trials."""

ERRORS = {
    "unknown tool {}": "未知的工具{0}",
    "output must name where the runs go, for {}: add --output DIR": "output 必须指明运行写到哪里（{0}）：请加上 --output DIR",
    "export to {} needs {}: pip install 'batchwright[{}]'": "导出到 {0} 需要 {1}：pip install 'batchwright[{2}]'",
    "MLflow's store {} cannot be written ({})": "无法写入 MLflow 的存储 {0}（{1}）",
    "{} holds an experiment {} that was not exported from here: choose another output": "{0} 中已有并非由此导出的实验 {1}：请另选 output",
    "{} holds a study {} that was not exported from here: choose another output": "{0} 中已有并非由此导出的研究 {1}：请另选 output",
    "{}STORAGE#STUDY must name a file or a URL, got no file {}": "{0}STORAGE#STUDY 必须指明文件或 URL，而文件 {1} 不存在",
    "{}STORAGE#STUDY must name a study of {} ({}), got {}": "{0}STORAGE#STUDY 必须指明 {1} 中的一个研究（{2}），实际为 {3}",
    "Optuna study {} must have a finished trial, got none": "Optuna 研究 {0} 必须至少有一个已结束的试验，实际没有",
    "Optuna study {} must say its trials' steps to target: as user attribute steps_to_target (or examples_to_target), or as the value with set_metric_names(['steps_to_target'])": "Optuna 研究 {0} 必须给出各试验的达标步数：用用户属性 steps_to_target（或 examples_to_target），或用 set_metric_names(['steps_to_target']) 说明目标值就是它",
    "Optuna's storage {} cannot be opened ({})": "无法打开 Optuna 的存储 {0}（{1}）",
}

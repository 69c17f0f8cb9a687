"""placeholder"""

from batchwright.study.executors.execute import Executor as Executor

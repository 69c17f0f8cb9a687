import pytest
import torch


@pytest.fixture
def double_precision():
    """torch keeps its scalars (NAdam's product of momenta) in the default dtype."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)

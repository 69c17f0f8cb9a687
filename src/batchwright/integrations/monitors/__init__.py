"""The noise scale of somebody's running loop, from the gradients that its backward passes leave anyway."""

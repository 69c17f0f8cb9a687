"""The Hessian of the training loss: products, eigenvalues at both ends, trace, density."""

"""Looking at data and into networks: computations only; plain values in, tensors or arrays out."""

/* print_reference.h - made by make_print_reference.py; do not edit. */
/* clang-format off */
static const print_case print_cases[] = {
    { GD_FLOAT32, 2, { 2, 2 }, 4, (const double[]){ 0.1, 0.3, 0.2, 0.4 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([[0.1000, 0.3000],\n"
      "        [0.2000, 0.4000]])" },
    { GD_FLOAT32, 1, { 2 }, 2, (const double[]){ 0.1, 0.2 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([0.1000, 0.2000])" },
    { GD_FLOAT32, 2, { 2, 1 }, 2, (const double[]){ 0.5, 0.6 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([[0.5000],\n"
      "        [0.6000]])" },
    { GD_FLOAT32, 1, { 1 }, 1, (const double[]){ 0.3 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([0.3000])" },
    { GD_FLOAT32, 2, { 1, 2 }, 2, (const double[]){ 0.31, 0.67 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([[0.3100, 0.6700]])" },
    { GD_FLOAT32, 2, { 1, 2 }, 2, (const double[]){ 0.5768852829933167, 0.661503255367279 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([[0.5769, 0.6615]])" },
    { GD_FLOAT32, 2, { 1, 1 }, 1, (const double[]){ 0.9853445887565613 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([[0.9853]])" },
    { GD_FLOAT32, 2, { 1, 1 }, 1, (const double[]){ 0.7281605005264282 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([[0.7282]])" },
    { GD_FLOAT32, 2, { 1, 1 }, 1, (const double[]){ -0.05380836874246597 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([[-0.0538]])" },
    { GD_FLOAT32, 2, { 2, 1 }, 2, (const double[]){ -0.031041258946061134, -0.03559441119432449 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([[-0.0310],\n"
      "        [-0.0356]])" },
    { GD_FLOAT32, 2, { 1, 2 }, 2, (const double[]){ -0.006567090284079313, -0.007229016162455082 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([[-0.0066, -0.0072]])" },
    { GD_FLOAT32, 2, { 2, 2 }, 4, (const double[]){ -0.0032835451420396566, -0.003614508081227541, -0.0052536725997924805, -0.005783213209360838 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([[-0.0033, -0.0036],\n"
      "        [-0.0053, -0.0058]])" },
    { GD_FLOAT32, 2, { 2, 2 }, 4, (const double[]){ -0.09190261363983154, -0.1991984248161316, -0.22469204664230347, -0.333187460899353 }, 0.0,
      GD_FLOAT32, true, true, NULL,
      "Parameter containing:\n"
      "tensor([[-0.0919, -0.1992],\n"
      "        [-0.2247, -0.3332]], requires_grad=True)" },
    { GD_FLOAT32, 1, { 4 }, 4, (const double[]){ -0.09190261363983154, -0.1991984248161316, -0.22469204664230347, -0.333187460899353 }, 0.0,
      GD_FLOAT32, true, false, "AsStridedBackward0",
      "tensor([-0.0919, -0.1992, -0.2247, -0.3332], grad_fn=<AsStridedBackward0>)" },
    { GD_FLOAT32, 1, { 2 }, 2, (const double[]){ 0.23424804210662842, -0.5175420045852661 }, 0.0,
      GD_FLOAT32, true, true, NULL,
      "Parameter containing:\n"
      "tensor([ 0.2342, -0.5175], requires_grad=True)" },
    { GD_FLOAT32, 1, { 2 }, 2, (const double[]){ 0.23424804210662842, -0.5175420045852661 }, 0.0,
      GD_FLOAT32, true, false, "AsStridedBackward0",
      "tensor([ 0.2342, -0.5175], grad_fn=<AsStridedBackward0>)" },
    { GD_FLOAT32, 2, { 1, 2 }, 2, (const double[]){ 0.31622642278671265, 0.23591548204421997 }, 0.0,
      GD_FLOAT32, true, true, NULL,
      "Parameter containing:\n"
      "tensor([[0.3162, 0.2359]], requires_grad=True)" },
    { GD_FLOAT32, 1, { 2 }, 2, (const double[]){ 0.31622642278671265, 0.23591548204421997 }, 0.0,
      GD_FLOAT32, true, false, "AsStridedBackward0",
      "tensor([0.3162, 0.2359], grad_fn=<AsStridedBackward0>)" },
    { GD_FLOAT32, 1, { 1 }, 1, (const double[]){ -0.5528287887573242 }, 0.0,
      GD_FLOAT32, true, true, NULL,
      "Parameter containing:\n"
      "tensor([-0.5528], requires_grad=True)" },
    { GD_FLOAT32, 1, { 1 }, 1, (const double[]){ -0.5528287887573242 }, 0.0,
      GD_FLOAT32, true, false, "AsStridedBackward0",
      "tensor([-0.5528], grad_fn=<AsStridedBackward0>)" },
    { GD_FLOAT32, 1, { 1 }, 1, (const double[]){ 16.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([16.])" },
    { GD_FLOAT32, 1, { 1 }, 1, (const double[]){ 8.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([8.])" },
    { GD_FLOAT32, 1, { 1 }, 1, (const double[]){ 16.0 }, 0.0,
      GD_FLOAT32, true, false, "PowBackward0",
      "tensor([16.], grad_fn=<PowBackward0>)" },
    { GD_BOOL, 1, { 4 }, 4, (const double[]){ 0.0, 1.0, 1.0, 0.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([False,  True,  True, False])" },
    { GD_BOOL, 2, { 4, 1 }, 4, (const double[]){ 0.0, 1.0, 1.0, 0.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([[False],\n"
      "        [ True],\n"
      "        [ True],\n"
      "        [False]])" },
    { GD_BOOL, 2, { 2, 2 }, 4, (const double[]){ 1.0, 1.0, 0.0, 0.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([[ True,  True],\n"
      "        [False, False]])" },
    { GD_BOOL, 2, { 1, 4 }, 4, (const double[]){ 1.0, 1.0, 0.0, 0.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([[ True,  True, False, False]])" },
    { GD_INT64, 2, { 3, 3 }, 9, (const double[]){ 1.0, 2.0, 3.0, 3.0, 4.0, 5.0, 5.0, 6.0, 7.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([[1, 2, 3],\n"
      "        [3, 4, 5],\n"
      "        [5, 6, 7]])" },
    { GD_INT64, 1, { 9 }, 9, (const double[]){ 1.0, 2.0, 3.0, 3.0, 4.0, 5.0, 5.0, 6.0, 7.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([1, 2, 3, 3, 4, 5, 5, 6, 7])" },
    { GD_FLOAT32, 0, { 0 }, 1, (const double[]){ 0.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor(0.)" },
    { GD_FLOAT64, 0, { 0 }, 1, (const double[]){ 0.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor(0., dtype=torch.float64)" },
    { GD_FLOAT32, 0, { 0 }, 1, (const double[]){ -0.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor(-0.)" },
    { GD_FLOAT64, 0, { 0 }, 1, (const double[]){ -0.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor(-0., dtype=torch.float64)" },
    { GD_FLOAT32, 0, { 0 }, 1, (const double[]){ 1.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor(1.)" },
    { GD_FLOAT64, 0, { 0 }, 1, (const double[]){ 1.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor(1., dtype=torch.float64)" },
    { GD_FLOAT32, 0, { 0 }, 1, (const double[]){ -1.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor(-1.)" },
    { GD_FLOAT64, 0, { 0 }, 1, (const double[]){ -1.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor(-1., dtype=torch.float64)" },
    { GD_FLOAT32, 0, { 0 }, 1, (const double[]){ 0.5 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor(0.5000)" },
    { GD_FLOAT64, 0, { 0 }, 1, (const double[]){ 0.5 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor(0.5000, dtype=torch.float64)" },
    { GD_FLOAT32, 0, { 0 }, 1, (const double[]){ -2.25 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor(-2.2500)" },
    { GD_FLOAT64, 0, { 0 }, 1, (const double[]){ -2.25 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor(-2.2500, dtype=torch.float64)" },
    { GD_FLOAT32, 0, { 0 }, 1, (const double[]){ 100000000.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor(100000000.)" },
    { GD_FLOAT64, 0, { 0 }, 1, (const double[]){ 100000000.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor(100000000., dtype=torch.float64)" },
    { GD_FLOAT32, 0, { 0 }, 1, (const double[]){ 100000001.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor(100000000.)" },
    { GD_FLOAT64, 0, { 0 }, 1, (const double[]){ 100000001.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor(1.0000e+08, dtype=torch.float64)" },
    { GD_FLOAT32, 0, { 0 }, 1, (const double[]){ 1000000000.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor(1.0000e+09)" },
    { GD_FLOAT64, 0, { 0 }, 1, (const double[]){ 1000000000.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor(1.0000e+09, dtype=torch.float64)" },
    { GD_FLOAT32, 0, { 0 }, 1, (const double[]){ 9999.5 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor(9999.5000)" },
    { GD_FLOAT64, 0, { 0 }, 1, (const double[]){ 9999.5 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor(9999.5000, dtype=torch.float64)" },
    { GD_FLOAT32, 0, { 0 }, 1, (const double[]){ 99999999.5 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor(100000000.)" },
    { GD_FLOAT64, 0, { 0 }, 1, (const double[]){ 99999999.5 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor(99999999.5000, dtype=torch.float64)" },
    { GD_FLOAT32, 0, { 0 }, 1, (const double[]){ 0.0001 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor(1.0000e-04)" },
    { GD_FLOAT64, 0, { 0 }, 1, (const double[]){ 0.0001 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor(0.0001, dtype=torch.float64)" },
    { GD_FLOAT32, 0, { 0 }, 1, (const double[]){ 9.99e-05 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor(9.9900e-05)" },
    { GD_FLOAT64, 0, { 0 }, 1, (const double[]){ 9.99e-05 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor(9.9900e-05, dtype=torch.float64)" },
    { GD_FLOAT32, 0, { 0 }, 1, (const double[]){ 1e-38 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor(1.0000e-38)" },
    { GD_FLOAT64, 0, { 0 }, 1, (const double[]){ 1e-38 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor(1.0000e-38, dtype=torch.float64)" },
    { GD_FLOAT32, 0, { 0 }, 1, (const double[]){ 3.4e+38 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor(3.4000e+38)" },
    { GD_FLOAT64, 0, { 0 }, 1, (const double[]){ 3.4e+38 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor(3.4000e+38, dtype=torch.float64)" },
    { GD_FLOAT32, 0, { 0 }, 1, (const double[]){ 1e-45 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor(1.4013e-45)" },
    { GD_FLOAT64, 0, { 0 }, 1, (const double[]){ 1e-45 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor(1.0000e-45, dtype=torch.float64)" },
    { GD_FLOAT32, 0, { 0 }, 1, (const double[]){ NAN }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor(nan)" },
    { GD_FLOAT64, 0, { 0 }, 1, (const double[]){ NAN }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor(nan, dtype=torch.float64)" },
    { GD_FLOAT32, 0, { 0 }, 1, (const double[]){ INFINITY }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor(inf)" },
    { GD_FLOAT64, 0, { 0 }, 1, (const double[]){ INFINITY }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor(inf, dtype=torch.float64)" },
    { GD_FLOAT32, 0, { 0 }, 1, (const double[]){ -INFINITY }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor(-inf)" },
    { GD_FLOAT64, 0, { 0 }, 1, (const double[]){ -INFINITY }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor(-inf, dtype=torch.float64)" },
    { GD_FLOAT32, 0, { 0 }, 1, (const double[]){ 12345.678 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor(12345.6777)" },
    { GD_FLOAT64, 0, { 0 }, 1, (const double[]){ 12345.678 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor(12345.6780, dtype=torch.float64)" },
    { GD_FLOAT64, 0, { 0 }, 1, (const double[]){ 1e+300 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor(1.0000e+300, dtype=torch.float64)" },
    { GD_FLOAT64, 0, { 0 }, 1, (const double[]){ 5e-324 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor(4.9407e-324, dtype=torch.float64)" },
    { GD_INT64, 0, { 0 }, 1, (const double[]){ -5.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor(-5)" },
    { GD_UINT8, 0, { 0 }, 1, (const double[]){ 255.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor(255, dtype=torch.uint8)" },
    { GD_BOOL, 0, { 0 }, 1, (const double[]){ 1.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor(True)" },
    { GD_FLOAT32, 1, { 3 }, 3, (const double[]){ 0.0, -0.0, 0.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([0., -0., 0.])" },
    { GD_FLOAT32, 1, { 4 }, 4, (const double[]){ 0.0, NAN, INFINITY, -INFINITY }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([0., nan, inf, -inf])" },
    { GD_FLOAT32, 1, { 5 }, 5, (const double[]){ 0.0, NAN, INFINITY, -INFINITY, 7.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([0., nan, inf, -inf, 7.])" },
    { GD_FLOAT32, 1, { 5 }, 5, (const double[]){ 0.0, NAN, INFINITY, -INFINITY, 0.25 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([0.0000,    nan,    inf,   -inf, 0.2500])" },
    { GD_FLOAT32, 1, { 5 }, 5, (const double[]){ 0.0, NAN, INFINITY, -INFINITY, 1e-05 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([0.0000e+00,        nan,        inf,       -inf, 1.0000e-05])" },
    { GD_FLOAT32, 1, { 3 }, 3, (const double[]){ 1.0, 1000.0, -3.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([   1., 1000.,   -3.])" },
    { GD_FLOAT32, 1, { 3 }, 3, (const double[]){ 1.0, 1001.0, -3.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([ 1.0000e+00,  1.0010e+03, -3.0000e+00])" },
    { GD_FLOAT32, 1, { 3 }, 3, (const double[]){ 1.5, 1500.0, -3.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([   1.5000, 1500.0000,   -3.0000])" },
    { GD_FLOAT32, 1, { 3 }, 3, (const double[]){ 1.5, 1500.5, -3.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([ 1.5000e+00,  1.5005e+03, -3.0000e+00])" },
    { GD_FLOAT32, 1, { 3 }, 3, (const double[]){ 100000000.0, 100000000.0, 100000000.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([100000000., 100000000., 100000000.])" },
    { GD_FLOAT32, 1, { 2 }, 2, (const double[]){ 100000008.0, 100000008.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([1.0000e+08, 1.0000e+08])" },
    { GD_FLOAT64, 1, { 2 }, 2, (const double[]){ 0.0001, 0.001 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([0.0001, 0.0010], dtype=torch.float64)" },
    { GD_FLOAT64, 1, { 2 }, 2, (const double[]){ 9.9e-05, 0.001 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([9.9000e-05, 1.0000e-03], dtype=torch.float64)" },
    { GD_FLOAT64, 1, { 3 }, 3, (const double[]){ -1e-10, 25000000000.0, 3.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([-1.0000e-10,  2.5000e+10,  3.0000e+00], dtype=torch.float64)" },
    { GD_FLOAT64, 1, { 3 }, 3, (const double[]){ 1e+100, -1e-100, 0.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([ 1.0000e+100, -1.0000e-100,   0.0000e+00], dtype=torch.float64)" },
    { GD_FLOAT64, 1, { 3 }, 3, (const double[]){ -1234.5678, 5e-05, 999.99999 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([-1.2346e+03,  5.0000e-05,  1.0000e+03], dtype=torch.float64)" },
    { GD_FLOAT64, 1, { 4 }, 4, (const double[]){ 5e-05, 0.99995, 0.12345, 0.123450001 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([5.0000e-05, 9.9995e-01, 1.2345e-01, 1.2345e-01], dtype=torch.float64)" },
    { GD_FLOAT32, 1, { 4 }, 4, (const double[]){ 123456.7, 1234567.8, 99999.9, 100000.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([ 123456.7031, 1234567.7500,   99999.8984,  100000.0000])" },
    { GD_FLOAT64, 1, { 3 }, 3, (const double[]){ 16777216.0, 16777217.0, -16777215.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([ 16777216.,  16777217., -16777215.], dtype=torch.float64)" },
    { GD_FLOAT32, 1, { 4 }, 4, (const double[]){ 0.1, 0.7, 0.6666666666666666, 0.3333333333333333 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([0.1000, 0.7000, 0.6667, 0.3333])" },
    { GD_FLOAT64, 1, { 3 }, 3, (const double[]){ 0.10000000149011612, 1000000000000000.0, 3.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([1.0000e-01, 1.0000e+15, 3.0000e+00], dtype=torch.float64)" },
    { GD_INT64, 1, { 4 }, 4, (const double[]){ -3.0, 14.0, 159.0, -2653.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([   -3,    14,   159, -2653])" },
    { GD_UINT8, 2, { 2, 3 }, 3, (const double[]){ 0.0, 255.0, 7.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([[  0, 255,   7],\n"
      "        [  0, 255,   7]], dtype=torch.uint8)" },
    { GD_INT64, 1, { 2 }, 2, (const double[]){ 9007199254740992.0, -9007199254740992.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([ 9007199254740992, -9007199254740992])" },
    { GD_BOOL, 2, { 2, 3 }, 2, (const double[]){ 1.0, 0.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([[ True, False,  True],\n"
      "        [False,  True, False]])" },
    { GD_BOOL, 2, { 3, 2 }, 1, (const double[]){ 0.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([[False, False],\n"
      "        [False, False],\n"
      "        [False, False]])" },
    { GD_FLOAT32, 1, { 0 }, 1, (const double[]){ 0.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([])" },
    { GD_FLOAT32, 2, { 0, 3 }, 1, (const double[]){ 0.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([], size=(0, 3))" },
    { GD_FLOAT32, 3, { 2, 0, 3 }, 1, (const double[]){ 0.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([], size=(2, 0, 3))" },
    { GD_INT64, 1, { 0 }, 1, (const double[]){ 0.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([], dtype=torch.int64)" },
    { GD_BOOL, 2, { 3, 0 }, 1, (const double[]){ 0.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([], size=(3, 0), dtype=torch.bool)" },
    { GD_FLOAT64, 1, { 0 }, 1, (const double[]){ 0.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([], dtype=torch.float64)" },
    { GD_UINT8, 2, { 0, 0 }, 1, (const double[]){ 0.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([], size=(0, 0), dtype=torch.uint8)" },
    { GD_FLOAT32, 2, { 0, 2 }, 1, (const double[]){ 0.0 }, 0.0,
      GD_FLOAT32, true, false, NULL,
      "tensor([], size=(0, 2), requires_grad=True)" },
    { GD_FLOAT32, 3, { 1, 1, 1 }, 1, (const double[]){ 0.0 }, 0.25,
      GD_FLOAT32, false, false, NULL,
      "tensor([[[0.]]])" },
    { GD_INT64, 3, { 1, 1, 1 }, 1, (const double[]){ 0.0 }, 1.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([[[0]]])" },
    { GD_FLOAT32, 3, { 2, 2, 2 }, 1, (const double[]){ 0.0 }, 0.25,
      GD_FLOAT32, false, false, NULL,
      "tensor([[[0.0000, 0.2500],\n"
      "         [0.5000, 0.7500]],\n"
      "\n"
      "        [[1.0000, 1.2500],\n"
      "         [1.5000, 1.7500]]])" },
    { GD_INT64, 3, { 2, 2, 2 }, 1, (const double[]){ 0.0 }, 1.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([[[0, 1],\n"
      "         [2, 3]],\n"
      "\n"
      "        [[4, 5],\n"
      "         [6, 7]]])" },
    { GD_FLOAT32, 4, { 2, 1, 2, 2 }, 1, (const double[]){ 0.0 }, 0.25,
      GD_FLOAT32, false, false, NULL,
      "tensor([[[[0.0000, 0.2500],\n"
      "          [0.5000, 0.7500]]],\n"
      "\n"
      "\n"
      "        [[[1.0000, 1.2500],\n"
      "          [1.5000, 1.7500]]]])" },
    { GD_INT64, 4, { 2, 1, 2, 2 }, 1, (const double[]){ 0.0 }, 1.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([[[[0, 1],\n"
      "          [2, 3]]],\n"
      "\n"
      "\n"
      "        [[[4, 5],\n"
      "          [6, 7]]]])" },
    { GD_FLOAT32, 5, { 2, 2, 1, 1, 2 }, 1, (const double[]){ 0.0 }, 0.25,
      GD_FLOAT32, false, false, NULL,
      "tensor([[[[[0.0000, 0.2500]]],\n"
      "\n"
      "\n"
      "         [[[0.5000, 0.7500]]]],\n"
      "\n"
      "\n"
      "\n"
      "        [[[[1.0000, 1.2500]]],\n"
      "\n"
      "\n"
      "         [[[1.5000, 1.7500]]]]])" },
    { GD_INT64, 5, { 2, 2, 1, 1, 2 }, 1, (const double[]){ 0.0 }, 1.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([[[[[0, 1]]],\n"
      "\n"
      "\n"
      "         [[[2, 3]]]],\n"
      "\n"
      "\n"
      "\n"
      "        [[[[4, 5]]],\n"
      "\n"
      "\n"
      "         [[[6, 7]]]]])" },
    { GD_FLOAT32, 8, { 1, 1, 1, 1, 1, 1, 1, 1 }, 1, (const double[]){ 0.0 }, 0.25,
      GD_FLOAT32, false, false, NULL,
      "tensor([[[[[[[[0.]]]]]]]])" },
    { GD_INT64, 8, { 1, 1, 1, 1, 1, 1, 1, 1 }, 1, (const double[]){ 0.0 }, 1.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([[[[[[[[0]]]]]]]])" },
    { GD_FLOAT32, 8, { 2, 1, 2, 1, 2, 1, 2, 1 }, 1, (const double[]){ 0.0 }, 0.25,
      GD_FLOAT32, false, false, NULL,
      "tensor([[[[[[[[0.0000],\n"
      "              [0.2500]]],\n"
      "\n"
      "\n"
      "            [[[0.5000],\n"
      "              [0.7500]]]]],\n"
      "\n"
      "\n"
      "\n"
      "\n"
      "          [[[[[1.0000],\n"
      "              [1.2500]]],\n"
      "\n"
      "\n"
      "            [[[1.5000],\n"
      "              [1.7500]]]]]]],\n"
      "\n"
      "\n"
      "\n"
      "\n"
      "\n"
      "\n"
      "        [[[[[[[2.0000],\n"
      "              [2.2500]]],\n"
      "\n"
      "\n"
      "            [[[2.5000],\n"
      "              [2.7500]]]]],\n"
      "\n"
      "\n"
      "\n"
      "\n"
      "          [[[[[3.0000],\n"
      "              [3.2500]]],\n"
      "\n"
      "\n"
      "            [[[3.5000],\n"
      "              [3.7500]]]]]]]])" },
    { GD_INT64, 8, { 2, 1, 2, 1, 2, 1, 2, 1 }, 1, (const double[]){ 0.0 }, 1.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([[[[[[[[ 0],\n"
      "              [ 1]]],\n"
      "\n"
      "\n"
      "            [[[ 2],\n"
      "              [ 3]]]]],\n"
      "\n"
      "\n"
      "\n"
      "\n"
      "          [[[[[ 4],\n"
      "              [ 5]]],\n"
      "\n"
      "\n"
      "            [[[ 6],\n"
      "              [ 7]]]]]]],\n"
      "\n"
      "\n"
      "\n"
      "\n"
      "\n"
      "\n"
      "        [[[[[[[ 8],\n"
      "              [ 9]]],\n"
      "\n"
      "\n"
      "            [[[10],\n"
      "              [11]]]]],\n"
      "\n"
      "\n"
      "\n"
      "\n"
      "          [[[[[12],\n"
      "              [13]]],\n"
      "\n"
      "\n"
      "            [[[14],\n"
      "              [15]]]]]]]])" },
    { GD_FLOAT32, 1, { 9 }, 1, (const double[]){ 0.5 }, 0.125,
      GD_FLOAT32, false, false, NULL,
      "tensor([0.5000, 0.6250, 0.7500, 0.8750, 1.0000, 1.1250, 1.2500, 1.3750, 1.5000])" },
    { GD_INT64, 2, { 2, 9 }, 1, (const double[]){ 0.0 }, -1.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([[  0,  -1,  -2,  -3,  -4,  -5,  -6,  -7,  -8],\n"
      "        [ -9, -10, -11, -12, -13, -14, -15, -16, -17]])" },
    { GD_FLOAT32, 1, { 10 }, 1, (const double[]){ 0.5 }, 0.125,
      GD_FLOAT32, false, false, NULL,
      "tensor([0.5000, 0.6250, 0.7500, 0.8750, 1.0000, 1.1250, 1.2500, 1.3750, 1.5000,\n"
      "        1.6250])" },
    { GD_INT64, 2, { 2, 10 }, 1, (const double[]){ 0.0 }, -1.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([[  0,  -1,  -2,  -3,  -4,  -5,  -6,  -7,  -8,  -9],\n"
      "        [-10, -11, -12, -13, -14, -15, -16, -17, -18, -19]])" },
    { GD_FLOAT32, 1, { 11 }, 1, (const double[]){ 0.5 }, 0.125,
      GD_FLOAT32, false, false, NULL,
      "tensor([0.5000, 0.6250, 0.7500, 0.8750, 1.0000, 1.1250, 1.2500, 1.3750, 1.5000,\n"
      "        1.6250, 1.7500])" },
    { GD_INT64, 2, { 2, 11 }, 1, (const double[]){ 0.0 }, -1.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([[  0,  -1,  -2,  -3,  -4,  -5,  -6,  -7,  -8,  -9, -10],\n"
      "        [-11, -12, -13, -14, -15, -16, -17, -18, -19, -20, -21]])" },
    { GD_FLOAT32, 1, { 17 }, 1, (const double[]){ 0.5 }, 0.125,
      GD_FLOAT32, false, false, NULL,
      "tensor([0.5000, 0.6250, 0.7500, 0.8750, 1.0000, 1.1250, 1.2500, 1.3750, 1.5000,\n"
      "        1.6250, 1.7500, 1.8750, 2.0000, 2.1250, 2.2500, 2.3750, 2.5000])" },
    { GD_INT64, 2, { 2, 17 }, 1, (const double[]){ 0.0 }, -1.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([[  0,  -1,  -2,  -3,  -4,  -5,  -6,  -7,  -8,  -9, -10, -11, -12, -13,\n"
      "         -14, -15, -16],\n"
      "        [-17, -18, -19, -20, -21, -22, -23, -24, -25, -26, -27, -28, -29, -30,\n"
      "         -31, -32, -33]])" },
    { GD_FLOAT32, 1, { 20 }, 1, (const double[]){ 0.5 }, 0.125,
      GD_FLOAT32, false, false, NULL,
      "tensor([0.5000, 0.6250, 0.7500, 0.8750, 1.0000, 1.1250, 1.2500, 1.3750, 1.5000,\n"
      "        1.6250, 1.7500, 1.8750, 2.0000, 2.1250, 2.2500, 2.3750, 2.5000, 2.6250,\n"
      "        2.7500, 2.8750])" },
    { GD_INT64, 2, { 2, 20 }, 1, (const double[]){ 0.0 }, -1.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([[  0,  -1,  -2,  -3,  -4,  -5,  -6,  -7,  -8,  -9, -10, -11, -12, -13,\n"
      "         -14, -15, -16, -17, -18, -19],\n"
      "        [-20, -21, -22, -23, -24, -25, -26, -27, -28, -29, -30, -31, -32, -33,\n"
      "         -34, -35, -36, -37, -38, -39]])" },
    { GD_FLOAT32, 1, { 40 }, 1, (const double[]){ 0.5 }, 0.125,
      GD_FLOAT32, false, false, NULL,
      "tensor([0.5000, 0.6250, 0.7500, 0.8750, 1.0000, 1.1250, 1.2500, 1.3750, 1.5000,\n"
      "        1.6250, 1.7500, 1.8750, 2.0000, 2.1250, 2.2500, 2.3750, 2.5000, 2.6250,\n"
      "        2.7500, 2.8750, 3.0000, 3.1250, 3.2500, 3.3750, 3.5000, 3.6250, 3.7500,\n"
      "        3.8750, 4.0000, 4.1250, 4.2500, 4.3750, 4.5000, 4.6250, 4.7500, 4.8750,\n"
      "        5.0000, 5.1250, 5.2500, 5.3750])" },
    { GD_INT64, 2, { 2, 40 }, 1, (const double[]){ 0.0 }, -1.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([[  0,  -1,  -2,  -3,  -4,  -5,  -6,  -7,  -8,  -9, -10, -11, -12, -13,\n"
      "         -14, -15, -16, -17, -18, -19, -20, -21, -22, -23, -24, -25, -26, -27,\n"
      "         -28, -29, -30, -31, -32, -33, -34, -35, -36, -37, -38, -39],\n"
      "        [-40, -41, -42, -43, -44, -45, -46, -47, -48, -49, -50, -51, -52, -53,\n"
      "         -54, -55, -56, -57, -58, -59, -60, -61, -62, -63, -64, -65, -66, -67,\n"
      "         -68, -69, -70, -71, -72, -73, -74, -75, -76, -77, -78, -79]])" },
    { GD_FLOAT64, 3, { 3, 1, 12 }, 2, (const double[]){ 1e-06, 1.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([[[1.0000e-06, 1.0000e+00, 1.0000e-06, 1.0000e+00, 1.0000e-06,\n"
      "          1.0000e+00, 1.0000e-06, 1.0000e+00, 1.0000e-06, 1.0000e+00,\n"
      "          1.0000e-06, 1.0000e+00]],\n"
      "\n"
      "        [[1.0000e-06, 1.0000e+00, 1.0000e-06, 1.0000e+00, 1.0000e-06,\n"
      "          1.0000e+00, 1.0000e-06, 1.0000e+00, 1.0000e-06, 1.0000e+00,\n"
      "          1.0000e-06, 1.0000e+00]],\n"
      "\n"
      "        [[1.0000e-06, 1.0000e+00, 1.0000e-06, 1.0000e+00, 1.0000e-06,\n"
      "          1.0000e+00, 1.0000e-06, 1.0000e+00, 1.0000e-06, 1.0000e+00,\n"
      "          1.0000e-06, 1.0000e+00]]], dtype=torch.float64)" },
    { GD_FLOAT32, 1, { 30 }, 1, (const double[]){ 0.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0.,\n"
      "        0., 0., 0., 0., 0., 0.])" },
    { GD_FLOAT32, 1, { 30 }, 1, (const double[]){ NAN }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan,\n"
      "        nan, nan, nan, nan, nan, nan])" },
    { GD_INT64, 1, { 26 }, 2, (const double[]){ 9007199254740992.0, 1.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([9007199254740992,                1, 9007199254740992,                1,\n"
      "        9007199254740992,                1, 9007199254740992,                1,\n"
      "        9007199254740992,                1, 9007199254740992,                1,\n"
      "        9007199254740992,                1, 9007199254740992,                1,\n"
      "        9007199254740992,                1, 9007199254740992,                1,\n"
      "        9007199254740992,                1, 9007199254740992,                1,\n"
      "        9007199254740992,                1])" },
    { GD_BOOL, 1, { 50 }, 2, (const double[]){ 1.0, 0.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([ True, False,  True, False,  True, False,  True, False,  True, False,\n"
      "         True, False,  True, False,  True, False,  True, False,  True, False,\n"
      "         True, False,  True, False,  True, False,  True, False,  True, False,\n"
      "         True, False,  True, False,  True, False,  True, False,  True, False,\n"
      "         True, False,  True, False,  True, False,  True, False,  True, False])" },
    { GD_INT64, 1, { 1000 }, 1, (const double[]){ 7.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,\n"
      "        7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,\n"
      "        7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,\n"
      "        7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,\n"
      "        7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,\n"
      "        7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,\n"
      "        7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,\n"
      "        7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,\n"
      "        7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,\n"
      "        7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,\n"
      "        7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,\n"
      "        7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,\n"
      "        7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,\n"
      "        7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,\n"
      "        7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,\n"
      "        7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,\n"
      "        7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,\n"
      "        7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,\n"
      "        7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,\n"
      "        7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,\n"
      "        7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,\n"
      "        7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,\n"
      "        7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,\n"
      "        7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,\n"
      "        7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,\n"
      "        7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,\n"
      "        7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,\n"
      "        7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,\n"
      "        7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,\n"
      "        7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,\n"
      "        7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,\n"
      "        7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,\n"
      "        7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,\n"
      "        7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,\n"
      "        7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,\n"
      "        7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,\n"
      "        7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,\n"
      "        7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,\n"
      "        7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,\n"
      "        7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,\n"
      "        7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,\n"
      "        7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7])" },
    { GD_INT64, 1, { 1001 }, 1, (const double[]){ 0.0 }, 1.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([   0,    1,    2,  ...,  998,  999, 1000])" },
    { GD_FLOAT32, 1, { 5000 }, 1, (const double[]){ 0.0 }, 0.125,
      GD_FLOAT32, false, false, NULL,
      "tensor([0.0000e+00, 1.2500e-01, 2.5000e-01,  ..., 6.2462e+02, 6.2475e+02,\n"
      "        6.2488e+02])" },
    { GD_FLOAT32, 2, { 40, 40 }, 1, (const double[]){ 0.0 }, 0.5,
      GD_FLOAT32, false, false, NULL,
      "tensor([[0.0000e+00, 5.0000e-01, 1.0000e+00,  ..., 1.8500e+01, 1.9000e+01,\n"
      "         1.9500e+01],\n"
      "        [2.0000e+01, 2.0500e+01, 2.1000e+01,  ..., 3.8500e+01, 3.9000e+01,\n"
      "         3.9500e+01],\n"
      "        [4.0000e+01, 4.0500e+01, 4.1000e+01,  ..., 5.8500e+01, 5.9000e+01,\n"
      "         5.9500e+01],\n"
      "        ...,\n"
      "        [7.4000e+02, 7.4050e+02, 7.4100e+02,  ..., 7.5850e+02, 7.5900e+02,\n"
      "         7.5950e+02],\n"
      "        [7.6000e+02, 7.6050e+02, 7.6100e+02,  ..., 7.7850e+02, 7.7900e+02,\n"
      "         7.7950e+02],\n"
      "        [7.8000e+02, 7.8050e+02, 7.8100e+02,  ..., 7.9850e+02, 7.9900e+02,\n"
      "         7.9950e+02]])" },
    { GD_INT64, 2, { 6, 200 }, 1, (const double[]){ 0.0 }, 1.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([[   0,    1,    2,  ...,  197,  198,  199],\n"
      "        [ 200,  201,  202,  ...,  397,  398,  399],\n"
      "        [ 400,  401,  402,  ...,  597,  598,  599],\n"
      "        [ 600,  601,  602,  ...,  797,  798,  799],\n"
      "        [ 800,  801,  802,  ...,  997,  998,  999],\n"
      "        [1000, 1001, 1002,  ..., 1197, 1198, 1199]])" },
    { GD_INT64, 2, { 7, 200 }, 1, (const double[]){ 0.0 }, 1.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([[   0,    1,    2,  ...,  197,  198,  199],\n"
      "        [ 200,  201,  202,  ...,  397,  398,  399],\n"
      "        [ 400,  401,  402,  ...,  597,  598,  599],\n"
      "        ...,\n"
      "        [ 800,  801,  802,  ...,  997,  998,  999],\n"
      "        [1000, 1001, 1002,  ..., 1197, 1198, 1199],\n"
      "        [1200, 1201, 1202,  ..., 1397, 1398, 1399]])" },
    { GD_FLOAT32, 2, { 300, 4 }, 1, (const double[]){ 0.25 }, 0.0625,
      GD_FLOAT32, false, false, NULL,
      "tensor([[ 0.2500,  0.3125,  0.3750,  0.4375],\n"
      "        [ 0.5000,  0.5625,  0.6250,  0.6875],\n"
      "        [ 0.7500,  0.8125,  0.8750,  0.9375],\n"
      "        ...,\n"
      "        [74.5000, 74.5625, 74.6250, 74.6875],\n"
      "        [74.7500, 74.8125, 74.8750, 74.9375],\n"
      "        [75.0000, 75.0625, 75.1250, 75.1875]])" },
    { GD_FLOAT64, 2, { 3, 400 }, 2, (const double[]){ 1e-05, 2.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([[1.0000e-05, 2.0000e+00, 1.0000e-05,  ..., 2.0000e+00, 1.0000e-05,\n"
      "         2.0000e+00],\n"
      "        [1.0000e-05, 2.0000e+00, 1.0000e-05,  ..., 2.0000e+00, 1.0000e-05,\n"
      "         2.0000e+00],\n"
      "        [1.0000e-05, 2.0000e+00, 1.0000e-05,  ..., 2.0000e+00, 1.0000e-05,\n"
      "         2.0000e+00]], dtype=torch.float64)" },
    { GD_INT64, 3, { 12, 12, 12 }, 1, (const double[]){ 0.0 }, 1.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([[[   0,    1,    2,  ...,    9,   10,   11],\n"
      "         [  12,   13,   14,  ...,   21,   22,   23],\n"
      "         [  24,   25,   26,  ...,   33,   34,   35],\n"
      "         ...,\n"
      "         [ 108,  109,  110,  ...,  117,  118,  119],\n"
      "         [ 120,  121,  122,  ...,  129,  130,  131],\n"
      "         [ 132,  133,  134,  ...,  141,  142,  143]],\n"
      "\n"
      "        [[ 144,  145,  146,  ...,  153,  154,  155],\n"
      "         [ 156,  157,  158,  ...,  165,  166,  167],\n"
      "         [ 168,  169,  170,  ...,  177,  178,  179],\n"
      "         ...,\n"
      "         [ 252,  253,  254,  ...,  261,  262,  263],\n"
      "         [ 264,  265,  266,  ...,  273,  274,  275],\n"
      "         [ 276,  277,  278,  ...,  285,  286,  287]],\n"
      "\n"
      "        [[ 288,  289,  290,  ...,  297,  298,  299],\n"
      "         [ 300,  301,  302,  ...,  309,  310,  311],\n"
      "         [ 312,  313,  314,  ...,  321,  322,  323],\n"
      "         ...,\n"
      "         [ 396,  397,  398,  ...,  405,  406,  407],\n"
      "         [ 408,  409,  410,  ...,  417,  418,  419],\n"
      "         [ 420,  421,  422,  ...,  429,  430,  431]],\n"
      "\n"
      "        ...,\n"
      "\n"
      "        [[1296, 1297, 1298,  ..., 1305, 1306, 1307],\n"
      "         [1308, 1309, 1310,  ..., 1317, 1318, 1319],\n"
      "         [1320, 1321, 1322,  ..., 1329, 1330, 1331],\n"
      "         ...,\n"
      "         [1404, 1405, 1406,  ..., 1413, 1414, 1415],\n"
      "         [1416, 1417, 1418,  ..., 1425, 1426, 1427],\n"
      "         [1428, 1429, 1430,  ..., 1437, 1438, 1439]],\n"
      "\n"
      "        [[1440, 1441, 1442,  ..., 1449, 1450, 1451],\n"
      "         [1452, 1453, 1454,  ..., 1461, 1462, 1463],\n"
      "         [1464, 1465, 1466,  ..., 1473, 1474, 1475],\n"
      "         ...,\n"
      "         [1548, 1549, 1550,  ..., 1557, 1558, 1559],\n"
      "         [1560, 1561, 1562,  ..., 1569, 1570, 1571],\n"
      "         [1572, 1573, 1574,  ..., 1581, 1582, 1583]],\n"
      "\n"
      "        [[1584, 1585, 1586,  ..., 1593, 1594, 1595],\n"
      "         [1596, 1597, 1598,  ..., 1605, 1606, 1607],\n"
      "         [1608, 1609, 1610,  ..., 1617, 1618, 1619],\n"
      "         ...,\n"
      "         [1692, 1693, 1694,  ..., 1701, 1702, 1703],\n"
      "         [1704, 1705, 1706,  ..., 1713, 1714, 1715],\n"
      "         [1716, 1717, 1718,  ..., 1725, 1726, 1727]]])" },
    { GD_UINT8, 3, { 2, 7, 80 }, 2, (const double[]){ 0.0, 1.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([[[0, 1, 0,  ..., 1, 0, 1],\n"
      "         [0, 1, 0,  ..., 1, 0, 1],\n"
      "         [0, 1, 0,  ..., 1, 0, 1],\n"
      "         ...,\n"
      "         [0, 1, 0,  ..., 1, 0, 1],\n"
      "         [0, 1, 0,  ..., 1, 0, 1],\n"
      "         [0, 1, 0,  ..., 1, 0, 1]],\n"
      "\n"
      "        [[0, 1, 0,  ..., 1, 0, 1],\n"
      "         [0, 1, 0,  ..., 1, 0, 1],\n"
      "         [0, 1, 0,  ..., 1, 0, 1],\n"
      "         ...,\n"
      "         [0, 1, 0,  ..., 1, 0, 1],\n"
      "         [0, 1, 0,  ..., 1, 0, 1],\n"
      "         [0, 1, 0,  ..., 1, 0, 1]]], dtype=torch.uint8)" },
    { GD_BOOL, 4, { 8, 1, 8, 20 }, 3, (const double[]){ 1.0, 0.0, 0.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([[[[ True, False, False,  ..., False,  True, False],\n"
      "          [False,  True, False,  ..., False, False,  True],\n"
      "          [False, False,  True,  ...,  True, False, False],\n"
      "          ...,\n"
      "          [False, False,  True,  ...,  True, False, False],\n"
      "          [ True, False, False,  ..., False,  True, False],\n"
      "          [False,  True, False,  ..., False, False,  True]]],\n"
      "\n"
      "\n"
      "        [[[False, False,  True,  ...,  True, False, False],\n"
      "          [ True, False, False,  ..., False,  True, False],\n"
      "          [False,  True, False,  ..., False, False,  True],\n"
      "          ...,\n"
      "          [False,  True, False,  ..., False, False,  True],\n"
      "          [False, False,  True,  ...,  True, False, False],\n"
      "          [ True, False, False,  ..., False,  True, False]]],\n"
      "\n"
      "\n"
      "        [[[False,  True, False,  ..., False, False,  True],\n"
      "          [False, False,  True,  ...,  True, False, False],\n"
      "          [ True, False, False,  ..., False,  True, False],\n"
      "          ...,\n"
      "          [ True, False, False,  ..., False,  True, False],\n"
      "          [False,  True, False,  ..., False, False,  True],\n"
      "          [False, False,  True,  ...,  True, False, False]]],\n"
      "\n"
      "\n"
      "        ...,\n"
      "\n"
      "\n"
      "        [[[False,  True, False,  ..., False, False,  True],\n"
      "          [False, False,  True,  ...,  True, False, False],\n"
      "          [ True, False, False,  ..., False,  True, False],\n"
      "          ...,\n"
      "          [ True, False, False,  ..., False,  True, False],\n"
      "          [False,  True, False,  ..., False, False,  True],\n"
      "          [False, False,  True,  ...,  True, False, False]]],\n"
      "\n"
      "\n"
      "        [[[ True, False, False,  ..., False,  True, False],\n"
      "          [False,  True, False,  ..., False, False,  True],\n"
      "          [False, False,  True,  ...,  True, False, False],\n"
      "          ...,\n"
      "          [False, False,  True,  ...,  True, False, False],\n"
      "          [ True, False, False,  ..., False,  True, False],\n"
      "          [False,  True, False,  ..., False, False,  True]]],\n"
      "\n"
      "\n"
      "        [[[False, False,  True,  ...,  True, False, False],\n"
      "          [ True, False, False,  ..., False,  True, False],\n"
      "          [False,  True, False,  ..., False, False,  True],\n"
      "          ...,\n"
      "          [False,  True, False,  ..., False, False,  True],\n"
      "          [False, False,  True,  ...,  True, False, False],\n"
      "          [ True, False, False,  ..., False,  True, False]]]])" },
    { GD_FLOAT32, 3, { 1000, 1, 2 }, 1, (const double[]){ 0.0 }, 1.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([[[0.0000e+00, 1.0000e+00]],\n"
      "\n"
      "        [[2.0000e+00, 3.0000e+00]],\n"
      "\n"
      "        [[4.0000e+00, 5.0000e+00]],\n"
      "\n"
      "        ...,\n"
      "\n"
      "        [[1.9940e+03, 1.9950e+03]],\n"
      "\n"
      "        [[1.9960e+03, 1.9970e+03]],\n"
      "\n"
      "        [[1.9980e+03, 1.9990e+03]]])" },
    { GD_FLOAT32, 1, { 2000 }, 5, (const double[]){ 0.0, 0.0, 0.0, 1e-09, 1000000000.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([0.0000e+00, 0.0000e+00, 0.0000e+00,  ..., 0.0000e+00, 1.0000e-09,\n"
      "        1.0000e+09])" },
    { GD_FLOAT32, 1, { 2000 }, 5, (const double[]){ 1.0, 2.0, 3.0, NAN, 0.5 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([1.0000, 2.0000, 3.0000,  ..., 3.0000,    nan, 0.5000])" },
    { GD_FLOAT64, 2, { 50, 50 }, 1, (const double[]){ -1000000000.0 }, 1000000.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([[-1.0000e+09, -9.9900e+08, -9.9800e+08,  ..., -9.5300e+08,\n"
      "         -9.5200e+08, -9.5100e+08],\n"
      "        [-9.5000e+08, -9.4900e+08, -9.4800e+08,  ..., -9.0300e+08,\n"
      "         -9.0200e+08, -9.0100e+08],\n"
      "        [-9.0000e+08, -8.9900e+08, -8.9800e+08,  ..., -8.5300e+08,\n"
      "         -8.5200e+08, -8.5100e+08],\n"
      "        ...,\n"
      "        [ 1.3500e+09,  1.3510e+09,  1.3520e+09,  ...,  1.3970e+09,\n"
      "          1.3980e+09,  1.3990e+09],\n"
      "        [ 1.4000e+09,  1.4010e+09,  1.4020e+09,  ...,  1.4470e+09,\n"
      "          1.4480e+09,  1.4490e+09],\n"
      "        [ 1.4500e+09,  1.4510e+09,  1.4520e+09,  ...,  1.4970e+09,\n"
      "          1.4980e+09,  1.4990e+09]], dtype=torch.float64)" },
    { GD_FLOAT64, 2, { 2, 2 }, 2, (const double[]){ 1.5, -2.0 }, 0.0,
      GD_FLOAT32, false, false, NULL,
      "tensor([[ 1.5000, -2.0000],\n"
      "        [ 1.5000, -2.0000]], dtype=torch.float64)" },
    { GD_FLOAT64, 2, { 2, 2 }, 2, (const double[]){ 1.5, -2.0 }, 0.0,
      GD_FLOAT64, false, false, NULL,
      "tensor([[ 1.5000, -2.0000],\n"
      "        [ 1.5000, -2.0000]])" },
    { GD_FLOAT32, 2, { 2, 2 }, 2, (const double[]){ 1.5, -2.0 }, 0.0,
      GD_FLOAT64, false, false, NULL,
      "tensor([[ 1.5000, -2.0000],\n"
      "        [ 1.5000, -2.0000]], dtype=torch.float32)" },
    { GD_FLOAT32, 2, { 0, 3 }, 1, (const double[]){ 0.0 }, 0.0,
      GD_FLOAT64, false, false, NULL,
      "tensor([], size=(0, 3), dtype=torch.float32)" },
    { GD_FLOAT64, 1, { 0 }, 1, (const double[]){ 0.0 }, 0.0,
      GD_FLOAT64, false, false, NULL,
      "tensor([])" },
    { GD_FLOAT64, 1, { 2 }, 2, (const double[]){ 1.5, -2.0 }, 0.0,
      GD_FLOAT32, true, false, NULL,
      "tensor([ 1.5000, -2.0000], dtype=torch.float64, requires_grad=True)" },
    { GD_FLOAT64, 1, { 2 }, 2, (const double[]){ 1.5, -2.0 }, 0.0,
      GD_FLOAT32, true, false, "MulBackward0",
      "tensor([ 1.5000, -2.0000], dtype=torch.float64, grad_fn=<MulBackward0>)" },
    { GD_FLOAT64, 2, { 2, 2 }, 2, (const double[]){ 1.5, -2.0 }, 0.0,
      GD_FLOAT32, true, true, NULL,
      "Parameter containing:\n"
      "tensor([[ 1.5000, -2.0000],\n"
      "        [ 1.5000, -2.0000]], dtype=torch.float64, requires_grad=True)" },
    { GD_FLOAT32, 0, { 0 }, 1, (const double[]){ 2.5 }, 0.0,
      GD_FLOAT32, true, false, "ExpBackward0",
      "tensor(2.5000, grad_fn=<ExpBackward0>)" },
    { GD_FLOAT64, 0, { 0 }, 1, (const double[]){ 2.5 }, 0.0,
      GD_FLOAT32, true, false, NULL,
      "tensor(2.5000, dtype=torch.float64, requires_grad=True)" },
    { GD_FLOAT32, 1, { 5 }, 1, (const double[]){ 0.5 }, 0.0,
      GD_FLOAT32, true, false, NULL,
      "tensor([0.5000, 0.5000, 0.5000, 0.5000, 0.5000], requires_grad=True)" },
    { GD_FLOAT32, 1, { 5 }, 1, (const double[]){ 0.5 }, 0.0,
      GD_FLOAT32, true, false, "MulBackward0",
      "tensor([0.5000, 0.5000, 0.5000, 0.5000, 0.5000], grad_fn=<MulBackward0>)" },
    { GD_FLOAT64, 2, { 3, 5 }, 1, (const double[]){ 0.5 }, 0.0,
      GD_FLOAT32, true, false, "LogSoftmaxBackward0",
      "tensor([[0.5000, 0.5000, 0.5000, 0.5000, 0.5000],\n"
      "        [0.5000, 0.5000, 0.5000, 0.5000, 0.5000],\n"
      "        [0.5000, 0.5000, 0.5000, 0.5000, 0.5000]], dtype=torch.float64,\n"
      "       grad_fn=<LogSoftmaxBackward0>)" },
    { GD_FLOAT32, 1, { 6 }, 1, (const double[]){ 0.5 }, 0.0,
      GD_FLOAT32, true, false, NULL,
      "tensor([0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000], requires_grad=True)" },
    { GD_FLOAT32, 1, { 6 }, 1, (const double[]){ 0.5 }, 0.0,
      GD_FLOAT32, true, false, "MulBackward0",
      "tensor([0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000],\n"
      "       grad_fn=<MulBackward0>)" },
    { GD_FLOAT64, 2, { 3, 6 }, 1, (const double[]){ 0.5 }, 0.0,
      GD_FLOAT32, true, false, "LogSoftmaxBackward0",
      "tensor([[0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000],\n"
      "        [0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000],\n"
      "        [0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000]], dtype=torch.float64,\n"
      "       grad_fn=<LogSoftmaxBackward0>)" },
    { GD_FLOAT32, 1, { 7 }, 1, (const double[]){ 0.5 }, 0.0,
      GD_FLOAT32, true, false, NULL,
      "tensor([0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000],\n"
      "       requires_grad=True)" },
    { GD_FLOAT32, 1, { 7 }, 1, (const double[]){ 0.5 }, 0.0,
      GD_FLOAT32, true, false, "MulBackward0",
      "tensor([0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000],\n"
      "       grad_fn=<MulBackward0>)" },
    { GD_FLOAT64, 2, { 3, 7 }, 1, (const double[]){ 0.5 }, 0.0,
      GD_FLOAT32, true, false, "LogSoftmaxBackward0",
      "tensor([[0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000],\n"
      "        [0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000],\n"
      "        [0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000]],\n"
      "       dtype=torch.float64, grad_fn=<LogSoftmaxBackward0>)" },
    { GD_FLOAT32, 1, { 8 }, 1, (const double[]){ 0.5 }, 0.0,
      GD_FLOAT32, true, false, NULL,
      "tensor([0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000],\n"
      "       requires_grad=True)" },
    { GD_FLOAT32, 1, { 8 }, 1, (const double[]){ 0.5 }, 0.0,
      GD_FLOAT32, true, false, "MulBackward0",
      "tensor([0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000],\n"
      "       grad_fn=<MulBackward0>)" },
    { GD_FLOAT64, 2, { 3, 8 }, 1, (const double[]){ 0.5 }, 0.0,
      GD_FLOAT32, true, false, "LogSoftmaxBackward0",
      "tensor([[0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000],\n"
      "        [0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000],\n"
      "        [0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000]],\n"
      "       dtype=torch.float64, grad_fn=<LogSoftmaxBackward0>)" },
    { GD_FLOAT64, 1, { 1001 }, 1, (const double[]){ 0.5 }, 0.25,
      GD_FLOAT32, true, false, NULL,
      "tensor([  0.5000,   0.7500,   1.0000,  ..., 250.0000, 250.2500, 250.5000],\n"
      "       dtype=torch.float64, requires_grad=True)" },
    { GD_FLOAT32, 2, { 4, 300 }, 1, (const double[]){ 0.5 }, 0.25,
      GD_FLOAT32, true, true, NULL,
      "Parameter containing:\n"
      "tensor([[  0.5000,   0.7500,   1.0000,  ...,  74.7500,  75.0000,  75.2500],\n"
      "        [ 75.5000,  75.7500,  76.0000,  ..., 149.7500, 150.0000, 150.2500],\n"
      "        [150.5000, 150.7500, 151.0000,  ..., 224.7500, 225.0000, 225.2500],\n"
      "        [225.5000, 225.7500, 226.0000,  ..., 299.7500, 300.0000, 300.2500]],\n"
      "       requires_grad=True)" },
    { GD_FLOAT32, 2, { 4, 300 }, 1, (const double[]){ -0.0015 }, 0.0,
      GD_FLOAT32, true, false, "SigmoidBackward0",
      "tensor([[-0.0015, -0.0015, -0.0015,  ..., -0.0015, -0.0015, -0.0015],\n"
      "        [-0.0015, -0.0015, -0.0015,  ..., -0.0015, -0.0015, -0.0015],\n"
      "        [-0.0015, -0.0015, -0.0015,  ..., -0.0015, -0.0015, -0.0015],\n"
      "        [-0.0015, -0.0015, -0.0015,  ..., -0.0015, -0.0015, -0.0015]],\n"
      "       grad_fn=<SigmoidBackward0>)" },
};
